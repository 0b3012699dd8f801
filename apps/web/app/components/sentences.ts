import type { DevelopmentView, MoneyView, ProposalView, TimetableRow } from "@freehold/contract";
import { type Sentence, on, say } from "../sentence.tsx";
import { moneyText } from "./money.tsx";

export const people = (count: number): string => (count === 1 ? "1 person" : `${count} people`);

/** Who acts next, and by when: the sentence under the stage line. Every stage has one. */
export function actorSentence(proposal: ProposalView): Sentence {
  const { development } = proposal;
  const who = development?.developer.name ?? "The developer";
  switch (proposal.stage) {
    case "open":
      return say`Nobody is building this yet. Any developer may reserve it; estimates show what it would be worth.`;
    case "in_development":
      return development
        ? say`${who} has reserved this until ${on(development.reservedUntil, "day")} and expects to open a preview about ${on(development.expectedPreviewAt, "day")}.`
        : say`A developer has reserved this.`;
    case "in_preview":
      return development?.preview
        ? say`It is ready to try. ${who} decides when the preview closes on ${on(development.preview.closesAt)}; you may take a pledge back until then.`
        : say`It is ready to try.`;
    case "in_decision":
      return proposal.by
        ? say`Pledges are closed while ${who} decides, until ${on(proposal.by)}; if ${who} says nothing, every pledge goes back, without the service fee.`
        : say`Pledges are closed while ${who} decides.`;
    case "releasing":
      return releasingSentence(proposal, who);
    case "in_verification":
      return verificationSentence(development, who);
    case "settling":
      return settlingSentence(development, who);
    case "refunding":
      return refundingSentence(development);
    case "settled":
      return settledSentence(development);
    case "closed":
      return closedSentence(proposal);
  }
}

function releasingSentence(proposal: ProposalView, who: string): Sentence {
  const release = proposal.development?.releases.at(-1);
  if (release?.state === "submitted")
    return say`${who} has released commit ${release.commit.slice(0, 12)}. It is being checked now; nothing is paid before it passes.`;
  if (release?.state === "needs_human") return say`The checks could not decide alone; staff look at the release next.`;
  const by = proposal.by ?? proposal.development?.releaseBy;
  const failed = release?.state === "failed" ? "The first release did not pass. " : "";
  return by
    ? say`${failed}${who} makes the code public by ${on(by)}; otherwise everyone is refunded in full.`
    : say`${failed}${who} makes the code public next.`;
}

function verificationSentence(development: DevelopmentView | null, who: string): Sentence {
  const release = development?.releases.at(-1);
  const watch = release?.watch;
  if (watch?.suspended)
    return watch.suspended.cureUntil
      ? say`The release is not in order any more, and the payment is suspended. ${who} has until ${on(watch.suspended.cureUntil)} to make it good; otherwise everyone is refunded in full.`
      : say`The release is not in order any more, and the payment is suspended. We look again until we are sure.`;
  if (development?.case?.state === "open")
    return say`Somebody who paid says that the code is not what they tried. Staff without a stake answer; the window for everyone else is open.`;
  if (development?.case?.ruling === "refund" && development.case.takesEffectAt)
    return say`The case was answered for the backers. Everyone is refunded in full from ${on(development.case.takesEffectAt)}.`;
  if (watch?.endedAt && development?.finalCheckAt)
    return say`The final check has passed and nobody's objection stands. ${who} is paid when the youngest pledge is old enough, on ${on(development.finalCheckAt)}, after one more check.`;
  if (!release?.window) return say`The code is public. Take a copy, and say if it is not what you tried.`;
  const licence = release.licence ? ` under ${release.licence}` : "";
  return say`The code has been public${licence} since ${on(release.window.from, "hour")}; take a copy, and tell us by ${on(release.window.until)} if it is not what you tried.`;
}

function settlingSentence(development: DevelopmentView | null, who: string): Sentence {
  const settlement = development?.settlement;
  return settlement
    ? say`The checks passed and nobody's objection stands. ${settlement.done} of ${settlement.items} payments to ${who} have been made.`
    : say`The checks passed. ${who} is being paid.`;
}

const refundCauses: Readonly<Record<string, string>> = {
  declined: "The developer decided not to release.",
  silent: "The developer did not decide in time.",
  release_failed: "The release did not pass its checks.",
  ruled_refund: "The case was answered for the backers.",
  stopped: "Staff stopped this development.",
  out_of_time: "The time for holding money ran out.",
  preview_down: "The preview was down for too long.",
};

function refundingSentence(development: DevelopmentView | null): Sentence {
  const settlement = development?.settlement;
  const cause = refundCauses[development?.ending ?? settlement?.reason ?? ""] ?? "";
  const start = cause === "" ? "" : `${cause} `;
  return settlement
    ? say`${start}The money is going back to those who pledged: ${settlement.done} of ${settlement.items} refunds have been made.`
    : say`${start}The money is going back to those who pledged.`;
}

function settledSentence(development: DevelopmentView | null): Sentence {
  const settlement = development?.settlement;
  if (!development || !settlement) return say`This feature is free, and it is yours too.`;
  const count = people(development.backers);
  return say`This feature is free. ${development.backers > 0 ? `${count} paid` : "Its backers paid"} ${moneyText(paidInAll(settlement))} for it, and it is yours too.`;
}

/** What the backers paid for a settled feature: what reached the payees, and Freehold's share. */
export const paidInAll = (settlement: NonNullable<DevelopmentView["settlement"]>): MoneyView => ({
  minor: String(BigInt(settlement.paid.minor) + BigInt(settlement.platformFee.minor)),
  currency: settlement.paid.currency,
});

const closeCauses = {
  withdrawn: "It was withdrawn by the person who proposed it.",
  merged: "It was merged with another proposal.",
  exists_already: "The feature exists already.",
  removed: "Staff removed it.",
} as const;

const closedSentence = (proposal: ProposalView): Sentence =>
  proposal.closed
    ? say`This proposal is closed. ${closeCauses[proposal.closed.reason]}`
    : say`This proposal is closed.`;

/** The date column of a timetable row; null when no date matters now. */
export function rowSentence(row: TimetableRow): Sentence | null {
  const date = row.date;
  switch (row.stage) {
    case "open":
      return row.estimators > 0 ? say`estimated by ${people(row.estimators)}` : null;
    case "in_development":
      return date ? say`preview about ${on(date, "day")}` : null;
    case "in_preview":
      return date ? say`until ${on(date, "day")}` : null;
    case "in_decision":
      return date ? say`decision by ${on(date, "day")}` : say`being decided`;
    case "releasing":
      return date ? say`code by ${on(date, "day")}` : say`being released`;
    case "in_verification":
      return date ? say`objections until ${on(date, "day")}` : say`objections are being answered`;
    case "settling":
      return say`being paid out`;
    case "refunding":
      return say`going back to backers`;
    case "settled":
      return date ? say`free since ${on(date, "day")}` : say`free`;
    case "closed":
      return say`closed`;
  }
}

/** "9 of 31 have paid here before": what others call verified, said as what it is. */
export function estimatesSentence(estimates: ProposalView["estimates"]): string {
  const all = estimates.established.people + estimates.others.people;
  if (all === 0) return "Nobody has estimated this yet.";
  const sum = moneyText({
    minor: String(BigInt(estimates.established.sum.minor) + BigInt(estimates.others.sum.minor)),
    currency: estimates.established.sum.currency,
  });
  const paid =
    all === 1
      ? estimates.paidBefore === 1
        ? "They have paid here before."
        : "They have not paid here yet."
      : `${estimates.paidBefore} of ${all} have paid here before.`;
  return `${people(all)} would pay ${sum} together. ${paid}`;
}

const endings: Readonly<Record<string, string>> = {
  given_up: "given up",
  lapsed: "lapsed",
  nothing_held: "closed with nothing held",
  declined: "declined",
  silent: "not decided in time",
  release_failed: "release did not pass",
  ruled_refund: "refunded after a case",
  stopped: "stopped by staff",
  out_of_time: "out of time",
  preview_down: "preview down for too long",
  settled: "settled",
};

/** How an earlier attempt ended, in two or three words. */
export const endingWord = (ending: string | null): string => endings[ending ?? ""] ?? "ended";
