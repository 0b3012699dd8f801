import { z } from "zod";
import { instant, moneyView } from "../values.ts";

/** The public books, USD: what is held and for how long, what is ours, how quickly people are paid, and the last proof. */
export const booksView = z
  .object({
    at: instant,
    held: moneyView,
    developments: z.number().int(),
    /** The charge that has been in the hold the longest; whole days until now. */
    oldestHold: z.object({ at: instant, days: z.number().int() }).nullable(),
    /** What lies at the payment processor by our ledger, and what of it we owe to others. */
    atProcessor: moneyView,
    owed: moneyView,
    ownFunds: moneyView,
    ownFundsFloor: moneyView,
    ownFundsEnough: z.boolean(),
    /** Since when no transfer goes out; refunds always do. */
    transfersStoppedSince: instant.nullable(),
    /** From the submission of the release that passed until everyone was paid, over settlements that paid somebody; null before the first. */
    settlements: z
      .object({ count: z.number().int(), medianSeconds: z.number().int(), longestSeconds: z.number().int() })
      .nullable(),
    paid: moneyView,
    refunded: moneyView,
    donated: moneyView,
    /** What banks took back and have not given back. */
    chargedBack: moneyView,
    platformFees: moneyView,
    serviceFees: moneyView,
    cardFees: moneyView,
    /** What banks' reversals and refunds of money that was no longer held cost us, fees included. */
    lost: moneyView,
    /** What waits for an operator; `more` when there is more than is counted. */
    tasks: z.object({ open: z.number().int(), more: z.boolean(), oldestAt: instant.nullable() }),
    proof: z.object({ at: instant, balanced: z.boolean(), findings: z.array(z.string()) }).nullable(),
  })
  .meta({ id: "Books" });
export type BooksView = z.infer<typeof booksView>;
