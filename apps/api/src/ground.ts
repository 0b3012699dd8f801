import type { SignIn } from "@freehold/atproto";
import type { Database } from "@freehold/database";
import type { Vault } from "@freehold/escrow";
import type { EvidenceStore, ForgeVerifier } from "@freehold/forge-verify";
import type { Type } from "@nestjs/common";
import type { Logger } from "pino";

export const SIGN_IN = Symbol("sign-in");
export const LIMITS = Symbol("limits");
export const LOG = Symbol("log");

/** What the api stands on. */
export interface Ground {
  database: Database;
  vault: Vault;
  verifier: ForgeVerifier;
  evidence: EvidenceStore;
  signIn: SignIn;
  /** The controllers of the rooms. */
  controllers: readonly Type<unknown>[];
  log: Logger;
  /** Lets go of connections when the api stops. */
  close?(): Promise<void>;
}
