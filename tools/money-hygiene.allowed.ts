/** A way to handle a sum other than as bigint minor units. */
export type Form =
  | "parseFloat"
  | "toFixed"
  | "Number"
  | "unary plus"
  | "Math"
  | "decimal literal"
  | "number type"
  | "number schema"
  | "float in SQL";

/** One place where that is right after all, and why. */
export interface Allowed {
  file: string;
  form: Form;
  /** Part of the source that was found. */
  holds: string;
  reason: string;
}

export const allowed: readonly Allowed[] = [
  {
    file: "libs/escrow/src/stripe/requests.ts",
    form: "Number",
    holds: "Number(minor)",
    reason: "The one place that hands minor units to the processor's SDK, which takes numbers; it refuses unsafe ones.",
  },
  {
    file: "libs/escrow/src/stripe/call.ts",
    form: "number type",
    holds: "amount: number;",
    reason: "The processor's own object, a whole number of minor units; it becomes a bigint in the same function.",
  },
  {
    file: "libs/escrow/src/stripe/call.ts",
    form: "number type",
    holds: "amount?: number",
    reason: "The request as it was sent, compared for equality with the processor's object and with nothing else.",
  },
  {
    file: "libs/escrow/src/stripe/pace.ts",
    form: "float in SQL",
    holds: "::float8 * 1000 AS wait",
    reason: "Milliseconds to wait before a call.",
  },
  {
    file: "apps/web/app/components/samples.ts",
    form: "number type",
    holds: "amount: number",
    reason: "Whole dollars of made-up pages, for tests only.",
  },
  {
    file: "apps/web/app/components/samples.ts",
    form: "decimal literal",
    holds: "amount * 100",
    reason: "Whole dollars of made-up pages, for tests only.",
  },
];
