import type { Failure } from "./failures.ts";
import type {
  AccountRecord,
  DisputeRecord,
  Kind,
  PayoutRecord,
  SettingRecord,
  TopupRecord,
  WarningRecord,
} from "./records.ts";
import { setCapability } from "./resources/account-object.ts";
import { renderCharge } from "./resources/charge.ts";
import { closeDispute, openDispute, raiseWarning } from "./resources/dispute-object.ts";
import { endPayout, sendPayout } from "./resources/payout.ts";
import { topUp } from "./resources/topup.ts";
import { answerRefund } from "./resources/refund.ts";
import { invalid } from "./refusal.ts";
import { found } from "./route.ts";
import type { Failures } from "./failures.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { advance, finish } from "./turn.ts";
import type { Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

export interface FeeSchedule {
  /** Hundredths of a percent of each charge. */
  fee_basis_points?: number;
  /** Minor units on top of each charge. */
  fee_fixed?: number;
  dispute_fee?: number;
  dispute_fee_returned?: boolean;
  /** Story seconds until a charge's money is available. */
  settle_seconds?: number;
  /** Story seconds until the bank answers a refund of the cards that refuse or delay it. */
  refund_answer_seconds?: number;
  /** While true, new charges show no balance transaction until `showFees`, as with asynchronous capture. */
  hide_fees?: boolean;
}

/** What tests and people at the laptop may do to the simulated processor. Amounts are minor units. */
export interface StripeControl {
  failNext(count: number, failure: Failure): Promise<void>;
  clearFailures(): Promise<void>;
  hold(): Promise<void>;
  release(): Promise<void>;
  dropNext(count: number): Promise<void>;
  duplicate(count: number, times?: number): Promise<void>;
  shuffle(): Promise<void>;
  turnRound(): Promise<void>;
  resend(eventId: string): Promise<void>;
  openDispute(chargeId: string, how?: { reason?: string; amount?: number; inquiry?: boolean }): Promise<DisputeRecord>;
  winDispute(disputeOrChargeId: string): Promise<DisputeRecord>;
  loseDispute(disputeOrChargeId: string): Promise<DisputeRecord>;
  raiseWarning(chargeId: string, fraudType?: string): Promise<WarningRecord>;
  /** Any refund that succeeded fails after all, and the money comes back to the balance. */
  failRefund(refundId: string): Promise<void>;
  /** Lets the bank answer a pending refund with yes. */
  succeedRefund(refundId: string): Promise<void>;
  setCapability(accountId: string, status: string, code?: string): Promise<AccountRecord>;
  topUp(amount: number, currency?: string): Promise<TopupRecord>;
  /** A payout nobody planned: of the platform, or of a connected account's whole balance or part of it. */
  payOut(amount?: number, options?: { account?: string; currency?: string }): Promise<PayoutRecord>;
  failPayout(payoutId: string): Promise<PayoutRecord>;
  feeSchedule(schedule: FeeSchedule): Promise<SettingRecord>;
  /** Shows the balance transactions that `hide_fees` withheld, each with a `charge.updated`. */
  showFees(): Promise<number>;
  /** Lets everything that is due by the story clock happen now, without a call. */
  tick(): Promise<void>;
  /** Every record, by kind. */
  dump(): Promise<Record<string, unknown[]>>;
  counts(): Promise<{ calls: number; undelivered: number; [kind: string]: number }>;
  /** The latest calls of the API, oldest first. */
  journal(): Promise<JournalEntry[]>;
  /** With `validate`: where a request, answer or event did not fit the SDK's types. Empty is right. */
  faults(): Promise<string[]>;
  reset(): Promise<void>;
}

const KINDS: Kind[] = [
  "session",
  "payment_intent",
  "charge",
  "txn",
  "refund",
  "transfer",
  "reversal",
  "dispute",
  "warning",
  "payout",
  "topup",
  "account",
  "account_link",
  "event",
  "delivery",
  "key",
  "setting",
];

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
    hold: async () => webhooks.hold(),
    release: async () => webhooks.release(),
    dropNext: async (count) => webhooks.dropNext(count),
    duplicate: async (count, times) => webhooks.duplicate(count, times),
    shuffle: async () => webhooks.shuffle(),
    turnRound: async () => webhooks.turnRound(),
    resend: async (id) => webhooks.resend(found(world, "event", "event", id)),
    openDispute: (id, how) => turn(() => openDispute(world, charge(id), how)),
    winDispute: (id) => turn(() => closeDispute(world, dispute(id), "won")),
    loseDispute: (id) => turn(() => closeDispute(world, dispute(id), "lost")),
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
    topUp: (amount, currency) => turn(() => topUp(world, { amount, currency: currency ?? "usd" })),
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
    tick: () => turn(() => {}),
    dump: async () => Object.fromEntries(KINDS.map((kind) => [kind, structuredClone([...world.store.all(kind)])])),
    counts: async () => ({
      ...Object.fromEntries(KINDS.map((kind) => [kind, world.store.count(kind)])),
      calls: journal.count,
      undelivered: webhooks.undelivered,
    }),
    journal: async () => [...journal.recent],
    faults: async () => parts.faults(),
    reset: async () => {
      const { listened } = world.settings;
      world.store.reset();
      world.settings = { ...world.settings, listened };
      world.reload();
      failures.clear();
      webhooks.reload();
      world.store.commit();
    },
  };
}

/** Calls a verb by name with JSON arguments: `POST /__sim/<verb>` with an array, or an object for one argument. */
export async function callVerb(control: StripeControl, verb: string, args: unknown[]): Promise<unknown> {
  const act = Object.hasOwn(control, verb) ? control[verb as keyof StripeControl] : undefined;
  if (act === undefined) return undefined;
  return (await (act as (...given: unknown[]) => Promise<unknown>)(...args)) ?? { ok: true };
}
