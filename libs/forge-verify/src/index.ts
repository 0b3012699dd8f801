export type { Downloaded, Visit } from "./address/visit.ts";
export type { Baseline } from "./baseline.ts";
export type { WindowSeen } from "./checks/held.ts";
export type { CheckName, Evidence, FactsOfCheck, Finding, Phase, Policy } from "./checks/index.ts";
export type { PreservedCopy } from "./checks/preserved.ts";
export { faultSentence } from "./checks/outcome.ts";
export { remarksOn } from "./checks/remarks.ts";
export { canonicalJson, digestOf, type Fault, type Observed, type RequestRecord } from "./evidence.ts";
export { EvidenceStore, type Kept } from "./evidence-store.ts";
export { explain } from "./explain.ts";
export type { ForgeName, PushHint, RepositoryDescription, RepositoryRef, TypedAddress } from "./forges/forge.ts";
export type { KnotEvents } from "./forges/knot-events.ts";
export { understandAddress, type ForgeHosts } from "./forges/typed-address.ts";
export { isBranchName } from "./git/advertise.ts";
export { changeDigest, commitmentOf, readReveal, type Reveal, type SealedFile } from "./seal.ts";
export {
  checkResults,
  decide,
  isAnswerable,
  type CheckResult,
  type FailCode,
  type HumanReason,
  type Verdict,
} from "./verdict.ts";
export { createForgeVerifier, type ForgeVerifier, type ReleaseToVerify } from "./verify.ts";
export { replay, type EvidenceFile, type Link, type Replayed } from "./replay.ts";
export { copyIn, type Report } from "./report.ts";
export { signatureFaults, type PublicKeys } from "./signature.ts";
export { type VerifierLimits, type VerifierOptions } from "./verifier-options.ts";
