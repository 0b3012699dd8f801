import type { z } from "zod";

/** One door: how it is called and what it answers. `money` means: it needs an `Idempotency-Key`. */
export interface Endpoint<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  method: "GET" | "POST";
  /** Below the origin, parameters as `:name`. */
  path: string;
  body?: Body;
  query?: Query;
  answer: Answer;
  /** The answer is a file of this media type and not JSON; `answer` is then its text. */
  file?: string;
  money?: true;
  /** Signed-in people only. */
  signedIn?: true;
  summary: string;
}
