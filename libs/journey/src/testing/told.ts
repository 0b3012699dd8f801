import type { Story } from "@freehold/testing";
import type { DeadlineKind } from "../deadline.ts";
import { DisputeService } from "../dispute/dispute.service.ts";

export const usd = (minor: bigint) => ({ minor: minor.toString(), currency: "USD" as const });

export interface Told {
  proposalId: string;
  developmentId: string;
  repository: { owner: string; name: string; url: string };
  /** By backer, in the order of pledging. */
  pledges: Record<string, string>;
}

/** A preview with pledges that are held. */
export async function pledged(story: Story, sums: Record<string, bigint>, days = 3, windowDays = 7): Promise<Told> {
  const begun = await story.inPreview(days, windowDays);
  const pledges: Record<string, string> = {};
  for (const [name, minor] of Object.entries(sums))
    pledges[name] = await story.pledge(name, begun.developmentId, minor);
  return { ...begun, pledges };
}

/** … whose preview has closed. */
export async function inDecision(story: Story, sums: Record<string, bigint>): Promise<Told> {
  const told = await pledged(story, sums);
  await story.wind("3 days");
  return told;
}

/** … which the developer has decided to release. */
export async function releasing(story: Story, sums: Record<string, bigint>): Promise<Told> {
  const told = await inDecision(story, sums);
  await story.chooseRelease("dave", told.developmentId);
  return told;
}

/** … whose release has passed the checks. */
export async function inVerification(
  story: Story,
  sums: Record<string, bigint>,
  windowDays = 7,
): Promise<Told & { releaseId: string; commit: string }> {
  const told = await pledged(story, sums, 3, windowDays);
  await story.wind("3 days");
  await story.chooseRelease("dave", told.developmentId);
  const commit = await story.push(told.repository);
  const releaseId = await story.submitRelease("dave", told.developmentId, commit);
  return { ...told, releaseId, commit };
}

export async function admit(story: Story, name: string, caseId: string, yes: boolean): Promise<void> {
  const partyId = await story.party(name);
  await story.database.transact((tx) =>
    story.get(DisputeService).admit(tx, partyId, caseId, yes, "It was looked at by staff."),
  );
  await story.drain();
}

/** The moves on a subject, in order. */
export async function movesOf(story: Story, subjectId: string): Promise<string[]> {
  const rows = await story.database.history.findMany({ where: { subjectId }, orderBy: { sequence: "asc" } });
  return rows.map((row) => row.move);
}

/** The kinds of notices a person has about a path, oldest first. */
export async function noticesOf(story: Story, name: string, path: string): Promise<string[]> {
  const partyId = await story.party(name);
  const rows = await story.database.notice.findMany({
    where: { partyId, path },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  return rows.map((row) => row.kind);
}

/** When a deadline that is still to come is due; null when there is none, or it has been met. */
export async function dueAt(story: Story, kind: DeadlineKind, subjectId: string): Promise<Date | null> {
  const row = await story.database.deadline.findUnique({ where: { kind_subjectId: { kind, subjectId } } });
  return row === null || row.doneAt !== null ? null : row.dueAt;
}

/** What became of every pledge of a development: state, and what went back. */
export async function fates(story: Story, told: Told): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, id] of Object.entries(told.pledges)) {
    const { state } = await story.database.payment.findUniqueOrThrow({ where: { id } });
    const refund = await story.database.refund.findFirst({ where: { paymentId: id, purpose: "return" } });
    found[name] = refund === null ? state : `${state} ${refund.kind} ${refund.amountMinor}`;
  }
  return found;
}

export const endingOf = async (story: Story, developmentId: string): Promise<string | null> =>
  (await story.database.development.findUniqueOrThrow({ where: { id: developmentId } })).ending;
