import type { SignIn } from "@freehold/atproto";
import { type Environment, readEnvironment } from "@freehold/contract";
import type { Database } from "@freehold/database";
import type { Vault } from "@freehold/escrow";
import { EvidenceStore, type ForgeVerifier } from "@freehold/forge-verify";
import { PartyService } from "@freehold/journey";
import { newId } from "@freehold/values";
import type { Type } from "@nestjs/common";
import { pino } from "pino";
import { createApi } from "../app.ts";
import { Sessions } from "../http/session.ts";

export const PUBLIC_URL = "http://127.0.0.1:4000";

export const environmentWith = (more: Record<string, string> = {}): Environment =>
  readEnvironment({
    NODE_ENV: "test",
    PUBLIC_URL,
    DATABASE_URL: "postgresql://unused@127.0.0.1/unused",
    STRIPE_SECRET_KEY: "sk_test_0000000000",
    STRIPE_WEBHOOK_SECRET: "whsec_0000000000",
    MIRRORS_DIR: "/tmp/unused",
    EVIDENCE_DIR: "/tmp/unused-evidence",
    SESSION_SECRET: "a session secret for tests, nobody else's",
    CLAIM_SIGNING_KEY: "MC4CAQAwBQYDK2VwBCIEIGBf8nFbYeE2tiB7kMSCrz3n0SWHOff2EXzhl7vGBukY",
    ...more,
  });

/** An inbox that keeps what it was given. */
export class KeepingInbox {
  readonly received: { body: Buffer; signature: string }[] = [];
  receive(body: Buffer, signature: string) {
    this.received.push({ body, signature });
    return Promise.resolve({ stored: true });
  }
}

interface TestApiOptions {
  controllers?: Type<unknown>[];
  signIn?: SignIn;
  inbox?: KeepingInbox;
  /** The whole vault; without one there is only its inbox. */
  vault?: Vault;
  environment?: Record<string, string>;
  /** Where log lines go; nowhere unless told. */
  log?: (line: string) => void;
}

/** The real api on a database, with the rooms replaced by the given controllers. */
export async function testApi(database: Database, options: TestApiOptions = {}) {
  const log = options.log === undefined ? pino({ level: "silent" }) : pino({}, { write: options.log });
  return createApi(environmentWith(options.environment), {
    database,
    vault: options.vault ?? ({ inbox: options.inbox ?? new KeepingInbox() } as unknown as Vault),
    verifier: {} as ForgeVerifier,
    evidence: new EvidenceStore(environmentWith(options.environment).EVIDENCE_DIR),
    signIn: options.signIn ?? ({} as SignIn),
    controllers: options.controllers ?? [],
    log,
  });
}

/** Somebody signed in without a host: the headers that their browser would send. */
export async function someoneSignedIn(database: Database, name = "alice") {
  const sessions = new Sessions(database, PUBLIC_URL);
  const parties = new PartyService(environmentWith());
  const { partyId, token } = await database.transact(async (tx) => {
    const did = `did:plc:${newId().replaceAll("-", "").slice(-24)}`;
    const { partyId } = await parties.welcome(tx, { did, handle: `${name}.test` });
    return { partyId, token: await sessions.open(tx, partyId, { cookies: {} } as never) };
  });
  const session = await database.session.findFirstOrThrow({ where: { partyId } });
  return {
    partyId,
    cookie: `freehold_session=${token}`,
    headers: { cookie: `freehold_session=${token}`, "x-csrf-token": session.csrfToken },
  };
}
