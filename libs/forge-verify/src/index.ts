export type { Baseline } from "./baseline.ts";
export type { CheckName, Evidence, FactsOfCheck, Phase, Policy } from "./checks/index.ts";
export { faultSentence } from "./checks/outcome.ts";
export { canonicalJson, digestOf, type Fault, type Observed, type RequestRecord } from "./evidence.ts";
export { explain } from "./explain.ts";
export type { ForgeName, RepositoryDescription, RepositoryRef, TypedAddress } from "./forges/forge.ts";
export { understandAddress, type ForgeHosts } from "./forges/typed-address.ts";
export { isBranchName } from "./git/advertise.ts";
export { changeDigest, commitmentOf, type SealedFile } from "./seal.ts";
export { checkResults, decide, type CheckResult, type FailCode, type HumanReason, type Verdict } from "./verdict.ts";
export {
  createForgeVerifier,
  type ForgeVerifier,
  type Report,
  type VerifierLimits,
  type VerifierOptions,
} from "./verify.ts";
