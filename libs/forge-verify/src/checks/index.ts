import type { RequestRecord } from "../evidence.ts";
import { completeSource, type CompleteSourceFacts } from "./complete-source.ts";
import { final, type FinalFacts } from "./final.ts";
import { identity, type IdentityFacts } from "./identity.ts";
import { licence, type LicenceFacts } from "./licence.ts";
import { mirror, type MirrorFacts } from "./mirror.ts";
import { newSinceBaseline, type NewSinceBaselineFacts } from "./new-since-baseline.ts";
import { publicNow, type PublicNowFacts } from "./public-now.ts";
import { reachable, type ReachableFacts } from "./reachable.ts";
import { safeAddress, type SafeAddressFacts } from "./safe-address.ts";
import { sameAsPreview, type SameAsPreviewFacts } from "./same-as-preview.ts";

export interface FactsOfCheck {
  "safe-address": SafeAddressFacts;
  identity: IdentityFacts;
  "public-now": PublicNowFacts;
  mirror: MirrorFacts;
  reachable: ReachableFacts;
  "new-since-baseline": NewSinceBaselineFacts;
  licence: LicenceFacts;
  "complete-source": CompleteSourceFacts;
  "same-as-preview": SameAsPreviewFacts;
  final: FinalFacts;
}

export type CheckName = keyof FactsOfCheck;

/** One observation: facts that can be judged again at any time, and the requests they came from. JSON-safe. */
export type Evidence = {
  [Name in CheckName]: { check: Name; at: string; facts: FactsOfCheck[Name]; requests: RequestRecord[] };
}[CheckName];

export type Phase = "release" | "recheck" | "final";

/** What the verdict depends on besides the evidence. */
export interface Policy {
  phase: Phase;
  /** SPDX ids that the terms allow; absent: every licence approved by the OSI. */
  allowedLicences?: readonly string[];
  /** Whether the preview was sealed, so that the release must be shown to be the same. */
  sealed: boolean;
}

/** The checks in the order of the proof. */
export const checksInOrder = [
  safeAddress,
  identity,
  publicNow,
  mirror,
  reachable,
  newSinceBaseline,
  licence,
  completeSource,
  sameAsPreview,
  final,
] as const;

/** Which checks must all be good for a pass under this policy. */
export function requiredChecks(policy: Policy): CheckName[] {
  return checksInOrder
    .map((check) => check.name)
    .filter((name) =>
      name === "same-as-preview" ? policy.sealed : name === "final" ? policy.phase === "final" : true,
    );
}
