import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prisma } from "../../../tools/prisma.ts";

let ground: TestDatabase;
beforeAll(async () => {
  ground = await openTestDatabase();
});
afterAll(() => ground.close());

const names = async (sql: string) => (await ground.asOwner<{ name: string }>(sql)).map((row) => row.name).toSorted();

test("the migrations and the schema say the same", () => {
  process.env["DATABASE_OWNER_URL"] = ground.ownerUrl;
  expect(
    prisma(
      ["migrate", "diff", "--from-config-datasource", "--to-schema", "prisma/schema.prisma", "--exit-code"],
      "pipe",
    ),
  ).toBe(0);
  // The same question with something missing is answered with 2: the check can fail.
  expect(
    prisma(["migrate", "diff", "--from-empty", "--to-schema", "prisma/schema.prisma", "--exit-code"], "ignore"),
  ).toBe(2);
});

test("the stand-in engine is the build of the Prisma that is installed", () => {
  const require = createRequire(import.meta.url);
  const { enginesVersion } = require("@prisma/engines-version") as { enginesVersion: string };
  const wasm = path.join(path.dirname(require.resolve("@prisma/schema-engine-wasm/schema_engine_bg")), "package.json");
  const { version } = JSON.parse(readFileSync(wasm, "utf8")) as { version: string };
  expect(version.endsWith(enginesVersion)).toBe(true);
});

test("what must stay carries a trigger that refuses change", async () => {
  const guarded = await names(`
    SELECT c.relname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname = 'append_only' AND NOT t.tgisinternal`);
  expect(guarded).toEqual([
    "balance_checkpoint",
    "finding",
    "history",
    "ledger_entry",
    "ledger_transaction",
    "policy_version",
    "preview_visit",
    "proposal_revision",
    "release_finding",
    "verification_report",
  ]);
});

test("the rules that Prisma cannot say are there by name", async () => {
  expect(
    await names(
      "SELECT proname AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'",
    ),
  ).toEqual([
    "append_only",
    "clock_now",
    "clock_runs_forward",
    "history_chain",
    "ledger_entries_agree",
    "ledger_post",
    "ledger_transaction_has_entries",
    "payee_lines_complete",
    "vault_state_moved",
  ]);
  expect(
    await names("SELECT tgname AS name FROM pg_trigger WHERE tgdeferrable AND tginitdeferred AND NOT tgisinternal"),
  ).toEqual(["ledger_transaction_has_entries", "payee_lines_complete"]);
  const partial = await names(
    "SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indpred IS NOT NULL AND i.indisunique",
  );
  expect(partial).toEqual([
    "case_open_for_release",
    "development_current",
    "estimate_current",
    "identity_current",
    "payment_stop_open",
    "payout_live",
    "role_current",
    "space_one_platform",
    "transfer_stop_open",
    "verification_report_chain",
  ]);
});

test("the role that runs holds no right to rewrite what must stay", async () => {
  const rights = await names(`
    SELECT table_name || ' ' || privilege_type AS name FROM information_schema.role_table_grants
    WHERE grantee = 'freehold_app' AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
      AND table_name IN ('history', 'policy_version', 'verification_report', 'preview_visit', 'release_finding', 'finding', 'proposal_revision',
        'ledger_account', 'ledger_transaction', 'ledger_entry', 'balance_checkpoint', 'clock_offset')`);
  expect(rights).toEqual([]);
  const deletes = await names(
    "SELECT table_name AS name FROM information_schema.role_table_grants WHERE grantee = 'freehold_app' AND privilege_type = 'DELETE'",
  );
  expect(deletes).not.toContain("payment");
  await expect(ground.database.$executeRaw`UPDATE clock_offset SET shift = interval '1 day'`).rejects.toThrow("denied");
  await expect(ground.database.$executeRaw`DELETE FROM ledger_entry`).rejects.toThrow("denied");
});
