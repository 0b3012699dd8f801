import Stripe from "stripe";

export interface ProcessorOptions {
  secretKey: string;
  webhookSecret: string;
  /** The secret of the destination for accounts' events, where it is another one. Both may be several, separated by commas. */
  webhookAccountsSecret?: string | undefined;
  /** Where the local simulator answers; absent, the real Stripe. */
  apiUrl?: string | undefined;
  /** Calls a second that work which can wait may make, over all processes together; absent, as many as it can. */
  callsPerSecond?: number | undefined;
  /** How HTTP is spoken; absent, as the SDK does. */
  httpClient?: Stripe.HttpClient | undefined;
}

/** The payment processor: Stripe's own SDK, pointed at Stripe or at the local simulator. */
export function connectStripe(options: ProcessorOptions): Stripe {
  const { httpClient } = options;
  const base = {
    telemetry: false,
    maxNetworkRetries: 1,
    timeout: 20_000,
    ...(httpClient === undefined ? {} : { httpClient }),
  };
  if (options.apiUrl === undefined) return new Stripe(options.secretKey, base);
  const address = new URL(options.apiUrl);
  return new Stripe(options.secretKey, {
    ...base,
    host: address.hostname,
    port: address.port,
    protocol: address.protocol === "https:" ? "https" : "http",
  });
}

/** How the processor answered a call, as far as it decides what we do next. */
export type Answer =
  | { kind: "rejected"; code: string; message: string }
  /** Refused before it was carried out: ask again later under the same key. */
  | { kind: "busy"; message: string }
  /** It may or may not have happened. */
  | { kind: "unknown"; message: string };

/** Sorts an error of the SDK. Only a definite 4xx means that nothing happened and that a new attempt needs a new key. */
export function readFailure(error: unknown): Answer {
  if (error instanceof Stripe.errors.StripeError) {
    const message = error.message;
    const status = error.statusCode ?? 0;
    // 401 and 403 say nothing about what an earlier call under this key did: the key stays, a person mends the access.
    if ([401, 403, 409, 429].includes(status)) return { kind: "busy", message };
    if (status >= 400 && status < 500)
      return { kind: "rejected", code: error.code ?? error.type ?? `http_${status}`, message };
    return { kind: "unknown", message };
  }
  return { kind: "unknown", message: error instanceof Error ? error.message : String(error) };
}
