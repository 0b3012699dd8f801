import { z } from "zod";
import { id, instant, moneyView } from "../values.ts";
import { move, paymentState, stage } from "../words.ts";

/** One payment of one's own: a pledge or a donation, and everything that became of it. */
export const myPayment = z
  .object({
    id,
    kind: z.enum(["pledge", "donation"]),
    proposal: z.object({ id, title: z.string() }),
    developer: z.string(),
    amount: moneyView,
    serviceFee: moneyView,
    total: moneyView,
    /** What of it lies in the hold now: less than the amount when a part was returned, or the bank has taken one. */
    held: moneyView,
    state: paymentState,
    paidAt: instant.nullable(),
    refunded: moneyView,
    latestDay: instant.nullable(),
    canTakeBack: z.boolean(),
    /** Continue on the processor's page while the checkout is open. */
    checkoutUrl: z.url().nullable(),
  })
  .meta({ id: "MyPayment" });
export type MyPayment = z.infer<typeof myPayment>;

export const myMoney = z
  .object({
    held: moneyView,
    givenToDevelopers: moneyView,
    paid: moneyView,
    refunded: moneyView,
    payments: z.array(myPayment),
    next: z.string().nullable(),
    /** What this person received as a developer or payee; each payment stands on a page of its own. */
    received: z.object({ donations: moneyView, payouts: moneyView }),
    estimateCap: moneyView,
  })
  .meta({ id: "MyMoney" });
export type MyMoney = z.infer<typeof myMoney>;

/** One payee's part of a pledge: foreseen while it is held, then as it was authorised and paid. */
const receiptPayee = z.object({
  name: z.string(),
  /** Why this party is paid: developer, team member, maintainer's share. */
  reason: z.string(),
  amount: moneyView,
  state: z.enum(["foreseen", "on_its_way", "paid", "stopped"]),
  paidAt: instant.nullable(),
});

export const receiptView = myPayment
  .extend({
    person: z.string(),
    statementName: z.string(),
    processorReference: z.string().nullable(),
    policyVersionId: id,
    platformFeeBasisPoints: z.number().int(),
    /** Freehold's part of what is paid out; zero on donations. */
    platformFee: moneyView,
    payees: z.array(receiptPayee),
    /** Whole days until the latest day, the running one included; null when none is to come. */
    daysLeft: z.number().int().nullable(),
    /** Everything that happened to it, oldest first. */
    events: z.array(z.object({ at: instant, sentence: z.string() })),
    /** Whether there is something to state under our signature: it was charged. */
    claimable: z.boolean(),
  })
  .meta({ id: "Receipt" });
export type ReceiptView = z.infer<typeof receiptView>;

/** How it works, drawn from `stage.ts` and the policy in force. */
export const howItWorksView = z
  .object({
    stages: z.array(
      z.object({
        stage,
        sentence: z.string(),
        backersMay: z.string(),
        moves: z.array(z.object({ move, to: stage, who: z.string(), sentence: z.string() })),
      }),
    ),
    policy: z.array(z.object({ name: z.string(), value: z.string(), sentence: z.string() })),
    policyVersionId: id,
    policyFrom: instant,
    policyAuthority: z.string(),
  })
  .meta({ id: "HowItWorks" });
export type HowItWorksView = z.infer<typeof howItWorksView>;

export const clockView = z
  .object({ now: instant, shiftSeconds: z.number().int(), windable: z.boolean() })
  .meta({ id: "Clock" });
export type ClockView = z.infer<typeof clockView>;
export const windClock = z
  .strictObject({ by: z.string().regex(/^\+\d{1,4}[dhm]$/, "such as +14d, +6h or +30m") })
  .meta({ id: "WindClock" });

/** What the badge and `<freehold-feature>` show; public, without cookies. */
export const widgetView = z
  .object({
    id,
    title: z.string(),
    project: z.string(),
    stage,
    /** "try it until 14 May", in words for people. */
    line: z.string(),
    amount: moneyView,
    amountKind: z.enum(["estimated", "held", "paid"]),
    url: z.url(),
  })
  .meta({ id: "Widget" });
export type WidgetView = z.infer<typeof widgetView>;
