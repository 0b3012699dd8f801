import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { Database } from "@freehold/database";
import { migrate } from "../../../../tools/migrate.ts";

type StartPostgres = (options: {
  dataDir: string;
  databases: string[];
  settings: Record<string, string>;
}) => Promise<{ ownerUrl(name: string): string; appUrl(name: string): string; stop(): Promise<void> }>;

/** A database of its own for one test file, with all tables, on a server that `start` (the local world's) brings up. */
export async function throwAwayDatabase(start: StartPostgres) {
  const dataDir = mkdtempSync("/var/tmp/freehold-atproto-test-");
  // The server may run as another user.
  chmodSync(dataDir, 0o755);
  const postgres = await start({ dataDir, databases: ["test"], settings: { fsync: "off" } });
  const stop = async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  await migrate(postgres.ownerUrl("test")).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const url = postgres.appUrl("test");
  const database = new Database(url);
  return {
    url,
    database,
    async close() {
      await database.$disconnect();
      await stop();
    },
  };
}
