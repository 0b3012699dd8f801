import type { RuntimeLock } from "@atproto/oauth-client-node";
import pg from "pg";

/** Longer than the 30 s after which the OAuth client gives up what it does under the lock. */
const PATIENCE_MS = 45_000;

export interface SharedLock {
  /** Runs one piece of work per name at a time, whichever process asks. */
  request: RuntimeLock;
  close(): Promise<void>;
}

/**
 * A lock that every process on the database shares. Refresh tokens are single use: two refreshes at once would lose the
 * session for good. Each holder has a connection of its own beside the pool that serves requests; a holder that dies lets go.
 */
export function createSharedLock(databaseUrl: string): SharedLock {
  const connections = new pg.Pool({
    connectionString: databaseUrl,
    max: 4,
    connectionTimeoutMillis: PATIENCE_MS,
    idleTimeoutMillis: 5_000,
    allowExitOnIdle: true,
    application_name: "freehold sign-in lock",
    options: `-c lock_timeout=${PATIENCE_MS}`,
  });
  // An idle connection that breaks is replaced by the next holder's.
  connections.on("error", () => undefined);
  return {
    async request(name, work) {
      const connection = await connections.connect();
      let letGo = false;
      try {
        await connection.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [name]);
        return await work();
      } finally {
        // Closing a connection lets go of what it may still hold, too.
        await connection.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [name]).then(
          () => (letGo = true),
          () => undefined,
        );
        connection.release(!letGo);
      }
    },
    close: () => connections.end(),
  };
}
