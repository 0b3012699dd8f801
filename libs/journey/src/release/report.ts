import type { Tx } from "@freehold/database";
import { explain, type Report } from "@freehold/forge-verify";
import { newId } from "@freehold/values";

/** Stores what the verifier saw and said; append-only. */
export async function keepReport(tx: Tx, releaseId: string, phase: string, report: Report, at: Date): Promise<string> {
  const id = newId();
  const { verdict } = report;
  const code =
    verdict.kind === "fail"
      ? verdict.code
      : verdict.kind === "needs_human"
        ? verdict.reason
        : verdict.kind === "inconclusive"
          ? verdict.cause
          : null;
  await tx.verificationReport.create({
    data: {
      id,
      releaseId,
      phase,
      verdict: verdict.kind,
      code,
      report: JSON.parse(JSON.stringify(report)) as object,
      digest: report.digest,
      at,
    },
  });
  return id;
}

/** A release that the machine cannot judge is a person's work. */
export async function askAPerson(tx: Tx, releaseId: string, title: string, why: string, at: Date): Promise<void> {
  await tx.operatorTask.createMany({
    data: [
      {
        key: `release:${releaseId}`,
        kind: "verification_needs_human",
        cause: `The release of “${title}” cannot be judged by the machine: ${why}`,
        nextStep: "Look at the release; without an answer its time runs out and everyone is refunded.",
        subjectId: releaseId,
        createdAt: at,
      },
    ],
    skipDuplicates: true,
  });
}

/** Why a release was not accepted, as exactly as the checks can say it: the sentence of the first one that did not pass. */
export const whyOf = (report: Report): string =>
  report.checks.find((check) => check.outcome === report.verdict.kind)?.sentence ?? explain(report.verdict);
