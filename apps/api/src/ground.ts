import type { SignIn } from "@freehold/atproto";
import type { Database, Tx } from "@freehold/database";
import type { DynamicModule, Provider, Type } from "@nestjs/common";
import type { Logger } from "pino";

export const ENVIRONMENT = Symbol("environment");
export const SIGN_IN = Symbol("sign-in");
export const PARTY = Symbol("party");
export const INBOX = Symbol("inbox");
export const LIMITS = Symbol("limits");
export const LOG = Symbol("log");

/** What the doors themselves ask of the party room. */
export interface PartyDesk {
  /** The party with this DID; made at the first sign-in. */
  welcome(tx: Tx, identity: { did: string; handle: string }): Promise<{ partyId: string }>;
  isStaff(tx: Tx, partyId: string): Promise<boolean>;
  /** How many notices the party has not read. */
  unread(tx: Tx, partyId: string): Promise<number>;
}

/** Where the vault takes in what Stripe sends. */
export interface Inbox {
  /** Refuses: webhook_signature_invalid. `stored` is false for an event that was there already. */
  receive(rawBody: Buffer, signature: string): Promise<{ stored: boolean }>;
}

/** What the api stands on. */
export interface Ground {
  database: Database;
  signIn: SignIn;
  /** Modules of the rooms. */
  imports?: (DynamicModule | Type<unknown>)[];
  /** Controllers of the rooms. */
  controllers?: Type<unknown>[];
  /** What stands under `PARTY` and `INBOX`. */
  providers: Provider[];
  log?: Logger;
  /** Lets go of connections when the api stops. */
  close?(): Promise<void>;
}
