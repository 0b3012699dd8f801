import { Injectable } from "@nestjs/common";
import type { Tx } from "@freehold/database";
import { digestOf, explain, type Report } from "@freehold/forge-verify";
import { newId } from "@freehold/values";
import { ServiceKey } from "../space/service-key.ts";

/** What a signed link says it is. */
export const REPORT_TYPE = "freehold-report+jws";

/** Stores what the verifier saw and said: a chain for each release, every link signed, nothing ever changed. */
@Injectable()
export class Reports {
  constructor(private readonly key: ServiceKey) {}

  /**
   * Adds a report to the chain of its release. Its link covers the link before it, so that none can be left out or
   * exchanged later. The caller holds the lock of the release's story.
   */
  async keep(tx: Tx, releaseId: string, report: Report, at: Date): Promise<void> {
    const previous = await newestLink(tx, releaseId);
    const statement = linkOf({
      releaseId,
      previous,
      report: report.digest,
      phase: report.policy.phase,
      verdict: report.verdict.kind,
      at: at.toISOString(),
    });
    await tx.verificationReport.create({
      data: {
        id: newId(),
        releaseId,
        phase: report.policy.phase,
        verdict: report.verdict.kind,
        code: codeOf(report),
        report: JSON.parse(JSON.stringify(report)) as object,
        digest: report.digest,
        previousLink: statement.previous,
        link: statement.link,
        signature: await this.key.sign({ iss: this.key.issuer, ...statement }, REPORT_TYPE),
        at,
      },
    });
  }
}

/** The end of a release's chain; null while there is none. By the links and not by time: what began earlier may come later. */
export async function newestLink(tx: Tx, releaseId: string): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ link: string }[]>`
    SELECT link FROM verification_report r WHERE release_id = ${releaseId}::uuid AND link IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM verification_report n WHERE n.release_id = r.release_id AND n.previous_link = r.link)`;
  return row?.link ?? null;
}

/** What is signed for each report: `link` is the sha256 over the rest, in canonical JSON. */
export function linkOf<Statement extends object>(statement: Statement): Statement & { link: string } {
  return { ...statement, link: digestOf(statement) };
}

const codeOf = ({ verdict }: Report): string | null => {
  switch (verdict.kind) {
    case "fail":
      return verdict.code;
    case "needs_human":
      return verdict.reason;
    case "inconclusive":
      return verdict.cause;
    case "pass":
      return null;
  }
};

/** A question about a release that the machine cannot answer is a person's work; each is asked once until it is answered. */
export async function askAPerson(
  tx: Tx,
  releaseId: string,
  title: string,
  report: Report,
  reason: string,
  at: Date,
): Promise<void> {
  const kind = "verification_needs_human";
  // The key says which question it is: an answer must never reach another one.
  const about = `release:${releaseId}:${reason}:`;
  if ((await tx.operatorTask.count({ where: { kind, key: { startsWith: about }, doneAt: null } })) > 0) return;
  await tx.operatorTask.create({
    data: {
      key: about + report.digest.slice(0, 16),
      kind,
      cause: `The release of “${title}” cannot be judged by the machine: ${whyOf(report)}`,
      nextStep:
        "Look at the release and say what you found; without an answer its time runs out and everyone is refunded.",
      subjectId: releaseId,
      createdAt: at,
    },
  });
}

/** Why a release was not accepted, as exactly as the checks can say it: the sentence of the first one that did not pass. */
export const whyOf = (report: Report): string =>
  report.checks.find((check) => check.outcome === report.verdict.kind)?.sentence ?? explain(report.verdict);
