import { z } from "zod";
import { id, instant, moneyView } from "../values.ts";
import { payeeAccountView } from "./party.ts";

/** Where one payout stands, for the payee. */
export const payoutState = z
  .enum(["waiting", "not_payable", "on_its_way", "paid", "stopped"])
  .meta({ id: "PayoutState" });
export type PayoutState = z.infer<typeof payoutState>;

/** One pledge's share: what backers paid for it, what Freehold keeps of it, what reaches the payee. */
const payoutLine = z
  .object({
    id,
    state: payoutState,
    /** Why it waits, cannot go or was stopped; a sentence. Null when it is on its way or paid. */
    why: z.string().nullable(),
    /** `net` and `platformFee` together. */
    gross: moneyView,
    platformFee: moneyView,
    net: moneyView,
    /** What came back out of it afterwards. */
    reversed: moneyView,
    /** What of it paid a debt instead of being sent. */
    netted: moneyView,
    authorisedAt: instant,
    paidAt: instant.nullable(),
  })
  .meta({ id: "Payout" });
export type PayoutLine = z.infer<typeof payoutLine>;

/** One sum for each currency: two are never added. What was stopped counts nowhere. */
const payoutSums = z.object({
  gross: moneyView,
  platformFee: moneyView,
  net: moneyView,
  paid: moneyView,
  waiting: moneyView,
  reversed: moneyView,
});
export type PayoutSums = z.infer<typeof payoutSums>;

/** What one party is paid for released features, newest first, and what it was given. */
export const payoutsView = z
  .object({
    account: payeeAccountView,
    totals: z.array(payoutSums),
    donated: z.array(moneyView),
    /** What the party itself has to do so that what waits can go; null when nothing has to be done. */
    nextStep: z.object({ sentence: z.string(), path: z.string() }).nullable(),
    /** Payouts of this page in runs of one development; the sums are the whole development's. */
    developments: z.array(
      z.object({
        id,
        proposal: z.object({ id, title: z.string() }),
        pledges: z.number().int(),
        sums: payoutSums,
        lines: z.array(payoutLine),
      }),
    ),
    next: z.string().nullable(),
    donations: z.array(z.object({ id, proposal: z.object({ id, title: z.string() }), amount: moneyView, at: instant })),
    nextDonations: z.string().nullable(),
  })
  .meta({ id: "Payouts" });
export type PayoutsView = z.infer<typeof payoutsView>;

const place = z.string().max(200).optional();
export const payoutsQuery = z.object({ after: place, donations: place });
