import type { Failure } from "@freehold/local-world";
import { always, anyCharged, anyPledge, type MoveKind } from "./story-move.ts";

const failures: readonly Failure[] = [
  { status: 429, path: "/v1/refunds", method: "POST" },
  { status: 409, path: "/v1/transfers", method: "POST" },
  { status: 500, path: "/v1/refunds", method: "POST" },
  { status: 500, path: "/v1/transfers", method: "POST" },
  { status: "500_after", path: "/v1/refunds", method: "POST" },
  { status: "500_after", path: "/v1/transfers", method: "POST" },
  { status: "reset_after", path: "/v1/refunds", method: "POST" },
  { status: "reset", path: "/v1/transfers", method: "POST" },
  { status: 429, path: "/v1/checkout/sessions", method: "POST" },
  { status: "500_after", path: /reversals$/, method: "POST" },
];

const ignore = () => {};

/** What the bank, the processor, its dashboard and our own machines do. */
export const movesFromOutside: MoveKind[] = [
  [
    3,
    "a message comes, late or again",
    anyPledge,
    async (tale, { pick }, pledge) => {
      const types = [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.refunded",
        "transfer.reversed",
        "radar.early_fraud_warning.created",
      ];
      await tale.look(pledge, types[pick % types.length]);
    },
  ],
  [
    2,
    "the bank opens a case",
    anyCharged,
    async (tale, { pick }, pledge) => {
      const charge = await tale.chargeOf(pledge);
      if (charge === null) return;
      const how =
        pick % 5 === 0
          ? { inquiry: true }
          : pick % 2 === 0
            ? { amount: Number((pledge.amount + pledge.fee) / 3n) }
            : {};
      await tale.meddle(pledge, "bank", () => tale.till.stripe.openDispute(charge, how));
      pledge.stalled = true;
      if (pick % 4 > 0) await tale.look(pledge, "charge.dispute.created");
    },
  ],
  [
    2,
    "the bank decides, or thinks again",
    (model) => model.pledges.some((pledge) => pledge.meddled.has("bank")),
    async (tale, { pick }) => {
      const asked = tale.model.pledges.filter((pledge) => pledge.meddled.has("bank"));
      const pledge = asked[pick % asked.length]!;
      const charge = (await tale.chargeOf(pledge))!;
      const { stripe } = tale.till;
      const outcome = [
        () => stripe.winDispute(charge),
        () => stripe.loseDispute(charge),
        () => stripe.setDisputeStatus(charge, "under_review"),
        () => stripe.setDisputeStatus(charge, "needs_response"),
      ][pick % 4]!;
      await outcome().catch(ignore);
      if (pick % 5 > 0) await tale.look(pledge, "charge.dispute.closed");
    },
  ],
  [
    1,
    "an early fraud warning",
    anyCharged,
    async (tale, { pick }, pledge) => {
      const charge = await tale.chargeOf(pledge);
      if (charge === null) return;
      await tale.meddle(pledge, "warned", () => tale.till.stripe.raiseWarning(charge));
      if (pick % 3 > 0) await tale.look(pledge, "radar.early_fraud_warning.created");
    },
  ],
  [
    1,
    "somebody refunds in the dashboard",
    anyCharged,
    async (tale, { pick, minor }, pledge) => {
      const charge = await tale.chargeOf(pledge);
      if (charge === null) return;
      const amount = pick % 2 === 0 ? {} : { amount: String(minor / 5n) };
      await tale.meddle(pledge, "by_hand", () => tale.till.byHand("refunds", { charge, ...amount }));
      if (pick % 3 > 0) await tale.look(pledge, "charge.refunded");
    },
  ],
  [
    1,
    "somebody reverses a transfer in the dashboard",
    (model) => model.batch?.kind === "settle",
    async (tale, { pick }, pledge) => {
      const payout = await tale.till.database.payout.findFirst({
        where: { paymentId: pledge.id, state: "confirmed", objectId: { startsWith: "tr_" } },
      });
      if (payout === null) return;
      const amount = pick % 2 === 0 ? {} : { amount: "7" };
      await tale.meddle(pledge, "reversed", () => tale.till.byHand(`transfers/${payout.objectId}/reversals`, amount));
      await tale.look(pledge, "transfer.reversed");
    },
  ],
  [
    1,
    "the bank sends a refund back",
    (model) => model.pledges.some((pledge) => pledge.decided !== null),
    async (tale, _dice, pledge) => {
      const refund = await tale.till.database.refund.findFirst({
        where: { paymentId: pledge.id, objectId: { not: null } },
      });
      if (refund === null) return;
      await tale.meddle(pledge, "sent_back", () => tale.till.stripe.failRefund(refund.objectId!));
      await tale.look(pledge, "refund.failed");
    },
  ],
  [
    1,
    "a payee cannot be paid, or can again",
    anyCharged,
    async (tale, { pick }) => {
      const { model, ground } = tale;
      const payee = ground.payees[pick % ground.payees.length]!;
      const restrict = !model.restricted.has(payee);
      await tale.till.stripe.setCapability(ground.accounts.get(payee)!, restrict ? "restricted" : "active");
      if (restrict) model.restricted.add(payee);
      else model.restricted.delete(payee);
      if (restrict) for (const pledge of model.pledges) pledge.stalled = true;
    },
  ],
  [
    2,
    "the processor fails",
    always,
    async (tale, { pick }) => tale.fail(1 + (pick % 3), failures[pick % failures.length]!),
  ],
  [
    3,
    "the process will die",
    anyPledge,
    async (tale, { pick }) => {
      tale.dying = 1 + (pick % 12);
    },
  ],
];
