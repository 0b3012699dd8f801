/**
 * A refusal in Stripe's own shape. `kept` tells whether the processor had begun to execute when it refused: only such
 * answers are saved under an idempotency key (failed validation, 401, 409 and 429 are not).
 */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly kept: boolean;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    body: { type: string; message: string; code?: string; param?: string; [more: string]: unknown },
    options: { kept?: boolean; headers?: Record<string, string> } = {},
  ) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.kept = options.kept ?? false;
    this.headers = options.headers ?? {};
  }
}

const DOCS = "https://stripe.com/docs/error-codes/";

/** 400: the request itself is wrong; nothing was executed. */
export function invalid(message: string, more: { code?: string; param?: string; status?: number } = {}): Refusal {
  const { status = 400, ...rest } = more;
  return new Refusal(status, {
    type: "invalid_request_error",
    message,
    ...rest,
    ...(rest.code ? { doc_url: DOCS + rest.code.replaceAll("_", "-") } : {}),
  });
}

/** 400: the request was well formed and executed, and the state of the world refused it. Saved under the key. Not every such error has a code. */
export function declined(code: string | null, message: string, param?: string): Refusal {
  return new Refusal(
    400,
    {
      type: "invalid_request_error",
      ...(code === null ? {} : { code, doc_url: DOCS + code.replaceAll("_", "-") }),
      message,
      ...(param ? { param } : {}),
    },
    { kept: true },
  );
}

/** 404 when the id stands in the path, 400 when it came as a parameter; Stripe names the parameter either way. */
export function missing(noun: string, id: string, param = "id", status = 404): Refusal {
  return invalid(`No such ${noun}: '${id}'`, { code: "resource_missing", param, status });
}
