import { answerBank } from "./payment.ts";
import { answerRefund, serveWaitingRefunds } from "./resources/refund-object.ts";
import { endPayout, payOutByItself } from "./resources/payout.ts";
import { expireSession } from "./resources/session.ts";
import type { World } from "./world.ts";

/** Brings the world to `now` (story seconds): what fell due happens, in order, before anything else. */
export function advance(world: World, now: number): void {
  world.now = now;
  world.caller = null;
  world.balances.settle(now);
  for (let due = world.timers.take(now); due !== undefined; due = world.timers.take(now)) {
    const { what, id } = due;
    if (what === "session.expires") {
      const session = world.store.get("session", id);
      if (session?.status === "open") expireSession(world, session);
    } else if (what === "refund.answered") {
      const refund = world.store.get("refund", id);
      if (refund?.answer != null) answerRefund(world, refund, refund.answer.outcome);
    } else if (what === "payout.arrives") {
      const payout = world.store.get("payout", id);
      if (payout !== undefined && (payout.status === "pending" || payout.status === "in_transit"))
        endPayout(world, payout, "paid");
    } else if (what === "bank.answers") {
      const intent = world.store.get("payment_intent", id);
      if (intent?.status === "processing") answerBank(world, intent, true);
    } else {
      world.store.remove("key", id);
    }
  }
  serveWaitingRefunds(world);
  payOutByItself(world);
  world.forgetOldEvents();
}

/** Ends a turn: money that came in serves waiting refunds, and everything is kept. */
export function finish(world: World): void {
  serveWaitingRefunds(world);
  world.caller = null;
  world.store.commit();
}
