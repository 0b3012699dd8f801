import type {
  NodeSavedSession,
  NodeSavedSessionStore,
  NodeSavedState,
  NodeSavedStateStore,
} from "@atproto/oauth-client-node";
import type { Database } from "@freehold/database";
import { createSeal } from "./seal.ts";

/** How long somebody may take between leaving for their host and coming back. Machine time. */
const SIGN_IN_MINUTES = 30;

/** What is remembered of a sign-in until its browser comes back. */
export interface StateStore extends NodeSavedStateStore {
  /** Looks without using the state up. */
  peek(key: string): Promise<NodeSavedState | undefined>;
}

/**
 * The state of sign-ins on their way, in PostgreSQL, encrypted. `get` takes the row out, so that of two callbacks with
 * one state, in whichever processes they arrive, only one succeeds.
 */
export function createStateStore(database: Database, secret: string): StateStore {
  const seal = createSeal(secret, "sign-in state");
  const open = (key: string, rows: { value: Uint8Array }[]) =>
    rows[0] === undefined ? undefined : (seal.open(key, rows[0].value) as NodeSavedState | undefined);
  return {
    async get(key) {
      return open(
        key,
        await database.$queryRaw<{ value: Uint8Array }[]>`
          DELETE FROM sign_in_state WHERE key = ${key} AND expires_at > now() RETURNING value`,
      );
    },
    async peek(key) {
      return open(
        key,
        await database.$queryRaw<{ value: Uint8Array }[]>`
          SELECT value FROM sign_in_state WHERE key = ${key} AND expires_at > now()`,
      );
    },
    async set(key, state) {
      await database.$executeRaw`DELETE FROM sign_in_state WHERE expires_at <= now()`;
      await database.$executeRaw`
        INSERT INTO sign_in_state (key, value, expires_at)
        VALUES (${key}, ${seal.close(key, state)}, now() + make_interval(mins => ${SIGN_IN_MINUTES}::int))`;
    },
    async del(key) {
      await database.$executeRaw`DELETE FROM sign_in_state WHERE key = ${key}`;
    },
  };
}

/** The OAuth session of each DID, in PostgreSQL, encrypted: it holds keys and tokens. One per DID, for all processes. */
export function createGrantStore(database: Database, secret: string): NodeSavedSessionStore {
  const seal = createSeal(secret, "sign-in grant");
  return {
    async get(did) {
      const row = await database.signInGrant.findUnique({ where: { did } });
      return row === null ? undefined : (seal.open(did, row.value) as NodeSavedSession | undefined);
    },
    async set(did, grant) {
      const value = seal.close(did, grant);
      await database.signInGrant.upsert({ where: { did }, create: { did, value }, update: { value } });
    },
    async del(did) {
      await database.signInGrant.deleteMany({ where: { did } });
    },
  };
}
