import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { startPostgres } from "@freehold/local-world";
import { migrate } from "../../../tools/migrate.ts";

/** The database every test file copies: migrated once, empty. */
export const TEMPLATE = "freehold_template";

/**
 * One PostgreSQL for the whole run. Test processes find it through TEST_OWNER_URL and TEST_APP_URL, addresses in which
 * `DATABASE` stands for the name.
 */
export async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(path.join("/var/tmp", "freehold-test-"));
  // As root the server runs as another user, who has to be let in.
  chmodSync(dataDir, 0o755);
  // What a test wrote need not outlive the machine's power.
  const postgres = await startPostgres({
    dataDir,
    databases: [TEMPLATE],
    settings: { fsync: "off", max_connections: "300" },
  });
  await migrate(postgres.ownerUrl(TEMPLATE));
  process.env["TEST_OWNER_URL"] = postgres.ownerUrl("DATABASE");
  process.env["TEST_APP_URL"] = postgres.appUrl("DATABASE");
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
