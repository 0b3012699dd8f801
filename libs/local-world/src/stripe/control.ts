import type { Failure } from "./failures.ts";
import type { JournalEntry } from "./journal.ts";
import type {
  AccountRecord,
  DisputeRecord,
  Kind,
  PayoutRecord,
  SettingRecord,
  TopupRecord,
  TxnRecord,
  WarningRecord,
} from "./records.ts";
import type { DisputeOpening } from "./resources/dispute-object.ts";
import type { Listener } from "./webhooks.ts";

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
  /** Story seconds until the bank of a delayed payment says yes by itself. */
  bank_answer_seconds?: number;
  /** While true, new charges show no balance transaction until `showFees`, as with asynchronous capture. */
  hide_fees?: boolean;
}

/** What tests and people at the laptop may do to the simulated processor. Amounts are minor units. */
export interface StripeControl {
  failNext(count: number, failure: Failure): Promise<void>;
  clearFailures(): Promise<void>;
  /** Where events go from now on. */
  setWebhook(listener: Listener): Promise<void>;
  /** Answers when every event has been taken by the listener. */
  drained(): Promise<void>;
  hold(): Promise<void>;
  release(): Promise<void>;
  dropNext(count: number): Promise<void>;
  duplicate(count: number, times?: number): Promise<void>;
  /** Each of the next events is posted so many milliseconds of the machine's time later. */
  delay(count: number, ms: number): Promise<void>;
  shuffle(): Promise<void>;
  turnRound(): Promise<void>;
  resend(eventId: string): Promise<void>;
  /** A charge may be disputed in parts; without an amount, for what is not disputed yet. */
  openDispute(chargeId: string, how?: DisputeOpening): Promise<DisputeRecord>;
  /** By dispute, or by charge: then its latest. A lost dispute can still be won. */
  winDispute(disputeOrChargeId: string): Promise<DisputeRecord>;
  /** `returned` of the money comes back all the same. */
  loseDispute(disputeOrChargeId: string, how?: { returned?: number }): Promise<DisputeRecord>;
  /** Any status by name, also one nobody knows; an inquiry becomes a dispute by `needs_response`. */
  setDisputeStatus(disputeOrChargeId: string, status: string): Promise<DisputeRecord>;
  raiseWarning(chargeId: string, fraudType?: string): Promise<WarningRecord>;
  /** Any refund that succeeded fails after all, and the money comes back to the balance. */
  failRefund(refundId: string): Promise<void>;
  /** Lets the bank answer a pending refund with yes. */
  succeedRefund(refundId: string): Promise<void>;
  setCapability(accountId: string, status: string, code?: string): Promise<AccountRecord>;
  closeAccount(accountId: string): Promise<AccountRecord>;
  topUp(amount: number, currency?: string): Promise<TopupRecord>;
  /** A movement of the balance that nobody asked for: `adjustment`, `reserve_hold`, `reserve_release`, `stripe_fee` or any other word. */
  adjust(amount: number, how?: { description?: string; category?: string; currency?: string }): Promise<TxnRecord>;
  /** A payout nobody planned: of the platform, or of a connected account's whole balance or part of it. */
  payOut(amount?: number, options?: { account?: string; currency?: string }): Promise<PayoutRecord>;
  failPayout(payoutId: string): Promise<PayoutRecord>;
  /** With `daily`, the platform's available money leaves when the clock passes a day. */
  payoutSchedule(interval: "manual" | "daily"): Promise<void>;
  /** The bank of a payment that was made from a bank account says yes or no. */
  answerAsync(sessionOrIntentId: string, ok: boolean): Promise<void>;
  feeSchedule(schedule: FeeSchedule): Promise<SettingRecord>;
  /** Shows the balance transactions that `hide_fees` withheld, each with a `charge.updated`. */
  showFees(): Promise<number>;
  /** Winds the simulator's own clock on, by story seconds on top of the clock it was given. */
  advance(seconds: number): Promise<{ now: string }>;
  /** Lets everything that is due by the story clock happen now, without a call. */
  tick(): Promise<void>;
  /** Every record, by kind; only those kinds that are named, if any are. */
  dump(...kinds: Kind[]): Promise<Record<string, unknown[]>>;
  counts(): Promise<{ calls: number; undelivered: number; [kind: string]: number }>;
  /** The latest calls of the API, oldest first. */
  journal(): Promise<JournalEntry[]>;
  /** With `validate`: where a request, answer or event did not fit the SDK's types. Empty is right. */
  faults(): Promise<string[]>;
  reset(): Promise<void>;
}

/** Calls a verb by name with JSON arguments: `POST /__sim/<verb>` with an array, or an object for one argument. */
export async function callVerb(control: StripeControl, verb: string, args: unknown[]): Promise<unknown> {
  const act = Object.hasOwn(control, verb) ? control[verb as keyof StripeControl] : undefined;
  if (act === undefined) return undefined;
  return (await (act as (...given: unknown[]) => Promise<unknown>)(...args)) ?? { ok: true };
}
