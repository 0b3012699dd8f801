import { invalid } from "./refusal.ts";

/** Smallest charge per settlement currency, in its minor unit; a currency that is not listed is refused. */
const SMALLEST: Record<string, number> = {
  usd: 50,
  eur: 50,
  gbp: 30,
  aud: 50,
  cad: 50,
  chf: 50,
  nzd: 50,
  sgd: 50,
  brl: 50,
  inr: 50,
  dkk: 250,
  nok: 300,
  sek: 300,
  jpy: 50,
  krw: 50,
  mxn: 1000,
  thb: 1000,
  hkd: 400,
  pln: 200,
  ron: 200,
  aed: 200,
  myr: 200,
  czk: 1500,
  huf: 17500,
  isk: 5000,
};
const LARGEST = 99_999_999;
const SIGN: Record<string, string> = { usd: "$", eur: "€", gbp: "£" };
const NO_DECIMALS = new Set(["jpy", "krw"]);

/** "$25.00", for pages and messages. */
export function shown(amount: number, currency: string): string {
  const digits = NO_DECIMALS.has(currency)
    ? String(amount)
    : `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
  return SIGN[currency] ? `${SIGN[currency]}${digits}` : `${digits} ${currency.toUpperCase()}`;
}

export function checkCurrency(currency: string, param = "currency"): string {
  const lower = currency.toLowerCase();
  if (SMALLEST[lower] === undefined) {
    throw invalid(
      `Invalid currency: ${currency}. Stripe currently supports these currencies: ${Object.keys(SMALLEST).join(", ")}`,
      { param },
    );
  }
  return lower;
}

/** Refuses a charge below the currency's minimum or above eight digits. */
export function checkAmount(amount: number, currency: string, param: string, what = "Amount"): void {
  const smallest = SMALLEST[currency]!;
  if (amount < smallest) {
    const message =
      what === "Amount"
        ? `Amount must be at least ${shown(smallest, currency)} ${currency}`
        : `${what} must add up to at least ${shown(smallest, currency)} ${currency}`;
    throw invalid(message, { code: "amount_too_small", param });
  }
  if (amount > LARGEST) {
    throw invalid(`${what} must be no more than ${shown(LARGEST, currency)}`, { code: "amount_too_large", param });
  }
}

/** Refuses a movement that is not at least one minor unit. */
export function checkPositive(amount: number, param = "amount"): void {
  if (amount < 1)
    throw invalid("This value must be greater than or equal to 1.", { code: "parameter_invalid_integer", param });
  if (amount > LARGEST * 10_000) throw invalid("Amount is too large.", { code: "amount_too_large", param });
}
