import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { Database } from "@freehold/database";
import { startPostgres } from "@freehold/local-world";
import { migrate } from "../../../../tools/migrate.ts";

/** A database of its own for one test file, with all tables. */
export async function throwAwayDatabase() {
  const dataDir = mkdtempSync("/var/tmp/freehold-atproto-test-");
  // The server may run as another user.
  chmodSync(dataDir, 0o755);
  const postgres = await startPostgres({ dataDir, databases: ["test"], settings: { fsync: "off" } });
  await migrate(postgres.ownerUrl("test"));
  const url = postgres.appUrl("test");
  const database = new Database(url);
  return {
    url,
    database,
    async close() {
      await database.$disconnect();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
