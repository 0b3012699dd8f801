import { Database } from "@freehold/database";
import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../libs/local-world/src/index.ts";
import { run } from "./run.ts";

let ground: TestDatabase;
beforeAll(async () => {
  ground = await openTestDatabase();
  const legs = [
    { purpose: "psp_clearing", ownerType: "platform", ownerId: null, amount: "150000", currency: "USD" },
    { purpose: "own_funds", ownerType: "platform", ownerId: null, amount: "-150000", currency: "USD" },
  ];
  const database = new Database(ground.appUrl);
  await database.$queryRaw`SELECT ledger_post(${newId()}::uuid, 'own funds', 'own_funds_added', clock_now(), NULL::uuid, NULL::uuid,
    ${JSON.stringify(legs)}::jsonb, '{}'::jsonb) AS id`;
  await database.$disconnect();
});
afterAll(() => ground.close());

const books = (address: string, ...args: string[]) =>
  run([process.execPath, "tools/books.ts", ...args], { env: { DATABASE_URL: address } });

test("books that hold end with 0 and show what is held, owed and ours", async () => {
  const proved = await books(ground.appUrl);
  expect(proved, proved.output).toMatchObject({ code: 0 });
  expect(proved.output).toMatch(/The books are proved/);
  expect(proved.output).toMatch(/held +\$0\.00 USD/);
  expect(proved.output).toMatch(/own funds +\$1,500\.00 USD/);
});

test("a database that is not there ends with 2, and does not pass for books that hold", async () => {
  const away = await books(`postgresql://nobody@127.0.0.1:${await freePort()}/nothing`);
  expect(away, away.output).toMatchObject({ code: 2 });
  expect(away.output).toMatch(/could not be read/);
});

test("one entry that was tampered with behind the ledger's back ends with 1 and is named", async () => {
  await ground.asOwner("ALTER TABLE ledger_entry DISABLE TRIGGER USER");
  const [entry] = await ground.asOwner<{ transaction_id: string }>(
    "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE amount_minor > 0 RETURNING transaction_id",
  );
  const broken = await books(ground.appUrl);
  expect(broken, broken.output).toMatchObject({ code: 1 });
  expect(broken.output).toMatch(/The books do not hold/);
  expect(broken.output).toContain(entry!.transaction_id);
  const json = await books(ground.appUrl, "--json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.output)).toMatchObject({ balanced: false, standing: [{ currency: "USD", held: "0" }] });
});
