import { z } from "zod";
import { id } from "./values.ts";

/** Every job: noun.verb → the shape of its payload. Ids only: a job carries no decision, its handler re-reads the rows. */
export const jobs = {
  "payment.changed": z.strictObject({ eventId: z.string() }),
  "development.baseline": z.strictObject({ developmentId: id }),
  "preview.keep": z.strictObject({ previewId: id }),
  "preview.gone": z.strictObject({ developmentId: id }),
  "release.branch": z.strictObject({ developmentId: id }),
  "release.check": z.strictObject({ releaseId: id }),
  "forge.hinted": z.strictObject({ hintId: id }),
  "settlement.advance": z.strictObject({ developmentId: id }),
} as const;

export type JobName = keyof typeof jobs;
export type JobPayload<Name extends JobName> = z.infer<(typeof jobs)[Name]>;
