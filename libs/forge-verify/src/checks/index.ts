import type { RequestRecord } from "../evidence.ts";
import { completeSource, type CompleteSourceFacts } from "./complete-source.ts";
import { final, type FinalFacts } from "./final.ts";
import { identity, type IdentityFacts } from "./identity.ts";
import { licence, type LicenceFacts } from "./licence.ts";
import { mirror, type MirrorFacts } from "./mirror.ts";
import { newSinceBaseline, type NewSinceBaselineFacts } from "./new-since-baseline.ts";
import { publicNow, type PublicNowFacts } from "./public-now.ts";
import { held, type HeldFacts } from "./held.ts";
import { preserved, type PreservedFacts } from "./preserved.ts";
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
  preserved: PreservedFacts;
  held: HeldFacts;
  final: FinalFacts;
}

export type CheckName = keyof FactsOfCheck;

/** One observation: facts that can be judged again at any time, and the requests they came from. JSON-safe. */
export type Evidence = {
  [Name in CheckName]: { check: Name; at: string; facts: FactsOfCheck[Name]; requests: RequestRecord[] };
}[CheckName];

/**
 * A glance asks only whether anything moved since the last whole look; a recheck is a whole look within the window, the
 * final one a whole look at its end.
 */
export type Phase = "release" | "glance" | "recheck" | "final";

/** What the verdict depends on besides the evidence. */
export interface Policy {
  phase: Phase;
  /** SPDX ids that the terms allow; absent: every licence approved by the OSI. */
  allowedLicences?: readonly string[];
  /** Whether the preview was sealed, so that the release must be shown to be the same. */
  sealed: boolean;
  /** How long a failure may be cured, in milliseconds; 72 hours unless the terms say otherwise. */
  cureMs?: number;
  /** What persons found where the machine could not judge; the last word on a question counts. */
  findings?: readonly Finding[];
}

/** A person's answer to one question about this release and this commit. */
export interface Finding {
  reason: string;
  accepted: boolean;
  /** A sentence for everybody. */
  note: string;
  /** ISO, UTC. */
  at: string;
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
  preserved,
  held,
  final,
] as const;

const inAGlance: readonly CheckName[] = ["safe-address", "public-now", "held"];

/** Which checks must all be good for a pass under this policy. */
export function requiredChecks({ phase, sealed }: Policy): CheckName[] {
  const names = checksInOrder.map((check) => check.name as CheckName);
  if (phase === "glance") return names.filter((name) => inAGlance.includes(name));
  return names.filter((name) => {
    if (name === "same-as-preview") return sealed;
    return name === "held" || name === "final" ? phase === "final" : true;
  });
}
