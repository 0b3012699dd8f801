import type { StripeControl } from "./control.ts";
import type { Failures } from "./failures.ts";
import type { Journal } from "./journal.ts";
import { answerBank } from "./payment.ts";
import { INDEXES, type DisputeRecord, type Kind } from "./records.ts";
import { invalid } from "./refusal.ts";
import { closeAccount, setCapability } from "./resources/account-object.ts";
import { setPayoutInterval } from "./resources/balance-settings.ts";
import { renderCharge } from "./resources/charge.ts";
import { closeDispute, openDispute, setStatus } from "./resources/dispute-object.ts";
import { endPayout, sendPayout } from "./resources/payout.ts";
import { answerRefund } from "./resources/refund-object.ts";
import { topUp } from "./resources/topup.ts";
import { raiseWarning } from "./resources/warning-object.ts";
import { found } from "./route.ts";
import { advance, finish } from "./turn.ts";
import type { Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

const KINDS = Object.keys(INDEXES) as Kind[];

/** Every verb as a turn of its own: what is due happens first, then the verb, then all is kept. */
export function makeControl(parts: {
  world: World;
  webhooks: Webhooks;
  failures: Failures;
  journal: Journal;
  now: () => Promise<number>;
  faults: () => string[];
}): StripeControl {
  const { world, webhooks, failures, journal } = parts;
  const turn = async <T>(act: () => T): Promise<T> => {
    advance(world, await parts.now());
    try {
      return act();
    } finally {
      finish(world);
    }
  };
  const charge = (id: string) => found(world, "charge", "charge", id);
  const dispute = (id: string): DisputeRecord =>
    found(world, "dispute", "dispute", id.startsWith("dp_") ? id : (charge(id).dispute ?? id));
  return {
    failNext: async (count, failure) => failures.add(count, failure),
    clearFailures: async () => failures.clear(),
    setWebhook: async (listener) => {
      if (typeof listener?.url !== "string" || typeof listener.secret !== "string")
        throw invalid("A listener is { url, secret }.");
      webhooks.setListener(listener);
    },
    drained: () => webhooks.drained(),
    hold: async () => webhooks.hold(),
    release: async () => webhooks.release(),
    dropNext: async (count) => webhooks.dropNext(count),
    duplicate: async (count, times) => webhooks.duplicate(count, times),
    delay: async (count, ms) => webhooks.delay(count, ms),
    shuffle: async () => webhooks.shuffle(),
    turnRound: async () => webhooks.turnRound(),
    resend: async (id) => webhooks.resend(found(world, "event", "event", id)),
    openDispute: (id, how) => turn(() => openDispute(world, charge(id), how)),
    winDispute: (id) => turn(() => closeDispute(world, dispute(id), "won")),
    loseDispute: (id, how) => turn(() => closeDispute(world, dispute(id), "lost", how?.returned)),
    setDisputeStatus: (id, status) => turn(() => setStatus(world, dispute(id), status)),
    raiseWarning: (id, type) => turn(() => raiseWarning(world, charge(id), type ?? "misc")),
    failRefund: (id) =>
      turn(() => {
        const refund = found(world, "refund", "refund", id);
        if (refund.status === "failed") throw invalid(`Refund ${id} has failed already.`);
        answerRefund(world, refund, "failed");
      }),
    succeedRefund: (id) =>
      turn(() => {
        const refund = found(world, "refund", "refund", id);
        if (refund.pending_reason !== "processing") throw invalid(`Refund ${id} does not wait for the bank.`);
        answerRefund(world, refund, "succeeded");
      }),
    setCapability: (id, status, code) =>
      turn(() =>
        setCapability(
          world,
          found(world, "account", "account", id),
          status,
          code ?? (status === "active" ? null : "restricted_other"),
        ),
      ),
    closeAccount: (id) => turn(() => closeAccount(world, found(world, "account", "account", id))),
    topUp: (amount, currency) => turn(() => topUp(world, { amount, currency: currency ?? "usd" })),
    adjust: (amount, how) =>
      turn(() =>
        world.balances.book(world.id("txn_1", 23), world.now, {
          type: how?.category ?? "adjustment",
          amount: wholeNumber(amount),
          currency: how?.currency ?? "usd",
          source: null,
          description: how?.description ?? null,
        }),
      ),
    payOut: (amount, options) =>
      turn(() => {
        const currency = options?.currency ?? "usd";
        const account = options?.account ?? null;
        return sendPayout(world, {
          amount: amount ?? world.balances.available(account, currency),
          currency,
          account,
          automatic: true,
        });
      }),
    failPayout: (id) => turn(() => endPayout(world, found(world, "payout", "payout", id), "failed")),
    payoutSchedule: (interval) => turn(() => void setPayoutInterval(world, interval)),
    answerAsync: (id, ok) =>
      turn(() => {
        const intent = id.startsWith("cs_") ? found(world, "session", "checkout.session", id).payment_intent : id;
        answerBank(world, found(world, "payment_intent", "payment_intent", intent ?? id), ok);
      }),
    feeSchedule: (schedule) => turn(() => (world.settings = { ...world.settings, ...schedule })),
    showFees: () =>
      turn(() => {
        let shown = 0;
        for (const one of world.store.all("charge")) {
          if (!one.fee_hidden) continue;
          one.fee_hidden = false;
          world.store.save("charge", one);
          world.emit("charge.updated", renderCharge(world, one), { balance_transaction: null });
          shown += 1;
        }
        return shown;
      }),
    advance: async (seconds) => {
      if (wholeNumber(seconds) < 0) throw invalid("The story never runs backwards.");
      world.settings = { ...world.settings, clock_ahead: world.settings.clock_ahead + seconds };
      return turn(() => ({ now: new Date(world.now * 1000).toISOString() }));
    },
    tick: () => turn(() => {}),
    dump: async (...kinds) =>
      Object.fromEntries(
        KINDS.filter((kind) => kinds.length === 0 || kinds.includes(kind)).map((kind) => [
          kind,
          structuredClone([...world.store.all(kind)]),
        ]),
      ),
    counts: async () => ({
      ...Object.fromEntries(KINDS.map((kind) => [kind, world.store.count(kind)])),
      calls: journal.count,
      undelivered: webhooks.undelivered,
    }),
    journal: async () => [...journal.recent],
    faults: async () => parts.faults(),
    reset: async () => {
      // The listener and the time stay: the story never runs backwards.
      const { listened, clock_ahead } = world.settings;
      world.store.reset();
      world.settings = { ...world.settings, listened, clock_ahead };
      world.reload();
      failures.clear();
      webhooks.reload();
      world.store.commit();
    },
  };
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw invalid(`${String(value)} is not a whole number.`);
  return value as number;
}
