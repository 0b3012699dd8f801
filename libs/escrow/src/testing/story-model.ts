import { type PayeeShare, split } from "../settle.ts";
import type { RefundKind } from "../refund.ts";

/** What was decided of one pledge: the first decision stands. */
export type Decided = RefundKind | "settle";

/** What somebody else did to a charge. Its sums are then proved against the processor, no longer foretold to the cent. */
export type Meddling = "bank" | "by_hand" | "sent_back" | "warned" | "reversed" | "reclaimed";

/** One pledge as it should be, whatever goes wrong on the way. */
export interface PledgeModel {
  id: string;
  amount: bigint;
  fee: bigint;
  /** What was charged, as far as anybody outside knows. */
  charged: "no" | "in_time" | "late";
  chargedAt: number;
  /** The bank of a delayed payment has not answered. */
  delayed: boolean;
  decided: Decided | null;
  /** Promised back in parts. */
  parts: bigint;
  meddled: Set<Meddling>;
  /** Subjects of the cases that stop it. */
  stops: Set<string>;
  /** It could not be paid out for some time, so that its latest day may have come first. */
  stalled: boolean;
}

export interface StoryModel {
  pledges: PledgeModel[];
  closed: boolean;
  batch:
    | null
    | { kind: "refund"; refundKind: RefundKind }
    | { kind: "settle"; lines: PayeeShare[]; returned: Set<string> };
  restricted: Set<string>;
  /** How many moves were made, of which kinds. */
  moves: string[];
}

export const newStoryModel = (): StoryModel => ({
  pledges: [],
  closed: false,
  batch: null,
  restricted: new Set(),
  moves: [],
});

/** What the batch makes of a pledge that nobody has decided about. Called again whenever one may have become free. */
export function follow(model: StoryModel, pledge: PledgeModel, tooOld = false): void {
  const { batch } = model;
  if (batch === null || pledge.decided !== null || pledge.charged !== "in_time" || pledge.delayed) return;
  if (batch.kind === "refund") pledge.decided = batch.refundKind;
  else if (batch.returned.has(pledge.id)) pledge.decided = "whole";
  else if (pledge.stops.size === 0) pledge.decided = "settle";
  else if (tooOld) pledge.decided = "whole";
}

/** Which refusal a verb must answer with; null when it must do it, or knows that it was done. */
export const refusals = {
  refund: (state: string): string | null =>
    ["held", "refunding", "refunded", "charged_back"].includes(state) ? null : "payment_not_held",
  refundPart(state: string, held: bigint, amount: bigint): string | null {
    if (state !== "held") return "payment_not_held";
    if (amount <= 0n) return "amount_too_small";
    return amount > held ? "refund_exceeds_payment" : null;
  },
  noteRepaid: (state: string): string | null => (state === "owed" || state === "repaid" ? null : "refund_not_owed"),
  reclaim: (state: string): string | null => (state === "paid" ? null : "payment_not_paid"),
};

/** What the world shows of a pledge at the end: our row, and the processor's objects. */
export interface Shown {
  state: string;
  held: bigint;
  /** Refunds that went out and stayed out, ours and made by hand. */
  returned: bigint;
  /** What the bank has taken and not given back, fees apart. */
  taken: bigint;
  /** Transfers to payees less reversals. */
  transferred: bigint;
  /** Our payout items that were confirmed, and those that were stopped. */
  paidOut: { payeeId: string; amount: bigint; platformFee: bigint }[];
  /** Booked as our loss, or as what payees owe us after a finding. */
  loss: bigint;
  /** What our books say is left at the processor of this charge, fees apart. */
  kept: bigint;
  owed: bigint;
}

const ended = new Set(["failed", "expired", "refunded", "paid", "charged_back"]);

/** What is wrong with a pledge at the end of a story; empty is right. */
export function faultsOf(model: StoryModel, pledge: PledgeModel, shown: Shown): string[] {
  const faults: string[] = [];
  const expect = (what: string, found: unknown, should: unknown) => {
    if (found !== should) faults.push(`${what} is ${String(found)}, should be ${String(should)}`);
  };
  if (!ended.has(shown.state)) faults.push(`it has not ended: ${shown.state}`);
  expect("held", shown.held, 0n);
  const captured = pledge.charged === "no" ? 0n : pledge.amount + pledge.fee;
  const out = shown.returned + shown.taken + shown.transferred;
  expect("left at the processor, by our books,", shown.kept, captured - out);
  // I4, I5: no charge gives more than it took, but for a loss that is booked.
  if (out > captured + shown.loss)
    faults.push(`${out} went out of ${captured}, and only ${shown.loss} is booked as lost`);
  if (pledge.charged === "no") {
    if (shown.state !== "failed" && shown.state !== "expired") faults.push(`never charged, and ${shown.state}`);
    return faults;
  }
  if (shown.state === "failed" || shown.state === "expired") faults.push(`charged, and ${shown.state}`);
  if (pledge.meddled.size > 0) return [...faults, ...meddledWith(pledge, shown)];
  const kind = pledge.charged === "late" ? "whole" : pledge.decided;
  if (kind === null) return [...faults, "nobody has decided about it"];
  if (kind === "settle") return [...faults, ...settled(model, pledge, shown)];
  expect("state", shown.state, "refunded");
  expect("returned", shown.returned, pledge.amount + (kind === "whole" ? pledge.fee : 0n));
  expect("transferred", shown.transferred, 0n);
  return faults;
}

/** Every payee's share either went out, to the cent, or came back with its part of the platform's fee. */
function settled(model: StoryModel, pledge: PledgeModel, shown: Shown): string[] {
  if (model.batch?.kind !== "settle") return ["settled without a settlement"];
  const held = pledge.amount - pledge.parts;
  const shares = split(held, 500, model.batch.lines).payees;
  const missing = shares.filter(
    (share) => !shown.paidOut.some((out) => out.payeeId === share.payeeId && out.amount === share.amount),
  );
  const faults: string[] = [];
  const sumOut = shown.paidOut.reduce((sum, out) => sum + out.amount, 0n);
  const sumShares = shares.reduce((sum, share) => sum + share.amount, 0n);
  const sumMissing = missing.reduce((sum, share) => sum + share.amount, 0n);
  if (sumOut + sumMissing !== sumShares)
    faults.push(`${sumOut} went to payees, and ${sumMissing} of ${sumShares} did not`);
  if (missing.length > 0 && !pledge.stalled)
    faults.push(`nothing kept it from being paid out, and ${sumMissing} was not`);
  const none = missing.length === shares.length && missing.length > 0;
  const back = none ? held + pledge.fee : missing.reduce((sum, share) => sum + share.amount + share.platformFee, 0n);
  if (shown.returned !== pledge.parts + back)
    faults.push(`returned is ${shown.returned}, should be ${pledge.parts + back}`);
  const state = none ? "refunded" : "paid";
  if (shown.state !== state) faults.push(`state is ${shown.state}, should be ${state}`);
  return faults;
}

/** The backer never has less than was decided for them, by us or by the bank, unless a person still owes it to them. */
function meddledWith(pledge: PledgeModel, shown: Shown): string[] {
  const back = shown.returned + shown.taken + shown.owed;
  const goesBack = pledge.charged === "late" || pledge.decided === "whole" || pledge.decided === "pledge";
  if (goesBack && shown.state !== "paid" && back < pledge.amount && !pledge.meddled.has("sent_back"))
    return [`it was to go back, and only ${back} of ${pledge.amount} did`];
  return [];
}
