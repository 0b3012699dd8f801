import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post } from "./post.ts";
import type { AccountPurpose, Leg } from "./postings.ts";

let ground: TestDatabase;
beforeAll(async () => {
  ground = await openTestDatabase();
});
afterAll(() => ground.close());

const developmentId = newId();
const leg = (purpose: AccountPurpose, amount: bigint): Leg =>
  purpose === "holding"
    ? { purpose, ownerType: "development", ownerId: developmentId, amount, currency: "USD" }
    : { purpose, ownerType: "platform", ownerId: null, amount, currency: "USD" };
const posting = (key: string, ...legs: Leg[]) =>
  ground.database.transact((tx) => post(tx, { key, event: "test", occurredAt: new Date(), legs }));
const entries = () => ground.database.ledgerEntry.count();

/** As the role that runs the product: the SQLSTATE of its refusal. */
async function asApp(sql: string): Promise<string> {
  try {
    await ground.database.$executeRawUnsafe(sql);
    return "done";
  } catch (error) {
    return /Code: `(\w+)`/.exec(String(error))?.[1] ?? String(error);
  }
}
const NOT_ALLOWED = "42501";
const CHECK = "23514";

describe("J2 the database itself refuses", () => {
  test("a posting that does not sum to zero", async () => {
    const before = await entries();
    await expect(posting("off-by-one", leg("psp_clearing", 1000n), leg("holding", -999n))).rejects.toThrow(
      "does not balance",
    );
    expect(await entries()).toBe(before);
  });

  test("a posting with a single entry, or with none", async () => {
    await expect(posting("one", leg("psp_clearing", 1000n))).rejects.toThrow("has 1 entries");
    await expect(posting("none")).rejects.toThrow("has 0 entries");
    // Legs of zero are no legs.
    await expect(posting("zero", leg("psp_clearing", 0n), leg("holding", 0n))).rejects.toThrow("has 0 entries");
    expect(await ground.database.ledgerTransaction.count()).toBe(0);
  });

  test("a currency we do not hold, alone or mixed", async () => {
    const yen = { ...leg("psp_clearing", 500n), currency: "JPY" } as unknown as Leg;
    await expect(posting("yen", yen, leg("holding", -500n))).rejects.toThrow("ledger_account_currency");
    await expect(
      posting("all-yen", yen, { ...leg("holding", -500n), currency: "JPY" } as unknown as Leg),
    ).rejects.toThrow("ledger_account_currency");
  });

  test("an entry in another currency than its account's, even by the owner's hand", async () => {
    await posting("first", leg("psp_clearing", 1000n), leg("holding", -1000n));
    await ground.asOwner("ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_currency");
    await expect(
      ground.asOwner(`INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, currency)
        SELECT transaction_id, account_id, 5, 'EUR' FROM ledger_entry LIMIT 1`),
    ).rejects.toThrow("has the currency of its account");
    await ground.asOwner("ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_currency CHECK (currency IN ('USD'))");
  });

  test("taking more out of a debt than we owe", async () => {
    await expect(posting("too-much", leg("holding", 1001n), leg("psp_clearing", -1001n))).rejects.toThrow(
      "ledger_account_ceiling",
    );
    await posting("all", leg("holding", 1000n), leg("psp_clearing", -1000n));
    await expect(posting("one-more", leg("holding", 1n), leg("psp_clearing", -1n))).rejects.toThrow(
      "ledger_account_ceiling",
    );
  });

  test("J3 fifty debits of 100 from a hold of 1000 at once: ten go through", async () => {
    await posting("thousand", leg("psp_clearing", 1000n), leg("holding", -1000n));
    const debits = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => posting(`debit-${i}`, leg("holding", 100n), leg("psp_clearing", -100n))),
    );
    expect(debits.filter((debit) => debit.status === "fulfilled").length).toBe(10);
  });

  test("the same key for another posting; the same posting again is the first one", async () => {
    const before = await entries();
    await posting("first", leg("psp_clearing", 1000n), leg("holding", -1000n));
    expect(await entries()).toBe(before);
    await expect(posting("first", leg("psp_clearing", 1001n), leg("holding", -1001n))).rejects.toThrow(
      "was used for another posting",
    );
    await expect(
      ground.database.transact((tx) =>
        post(tx, {
          key: "first",
          event: "other",
          occurredAt: new Date(),
          legs: [leg("psp_clearing", 1000n), leg("holding", -1000n)],
        }),
      ),
    ).rejects.toThrow("was used for another posting");
    expect(await entries()).toBe(before);
  });
});

describe("J1 the role that runs the product may not", () => {
  test.each(["ledger_account", "ledger_transaction", "ledger_entry"])(
    "write into %s in any way but ledger_post",
    async (table) => {
      expect(await asApp(`UPDATE ${table} SET id = id`)).toBe(NOT_ALLOWED);
      expect(await asApp(`DELETE FROM ${table}`)).toBe(NOT_ALLOWED);
      expect(await asApp(`TRUNCATE ${table} CASCADE`)).toBe(NOT_ALLOWED);
      expect(await asApp(`INSERT INTO ${table} SELECT * FROM ${table} LIMIT 1`)).toBe(NOT_ALLOWED);
    },
  );

  test.each(["history", "policy_version", "proposal_revision", "verification_report", "finding", "balance_checkpoint"])(
    "change or remove a row of %s",
    async (table) => {
      const column = table === "history" ? "move" : table === "balance_checkpoint" ? "balance" : "id";
      expect(await asApp(`UPDATE "${table}" SET ${column} = ${column}`)).toBe(NOT_ALLOWED);
      expect(await asApp(`DELETE FROM "${table}"`)).toBe(NOT_ALLOWED);
      expect(await asApp(`TRUNCATE "${table}" CASCADE`)).toBe(NOT_ALLOWED);
    },
  );

  test.each(["payment", "refund", "payout", "intent", "pledge", "proposal", "party", "operator_task"])(
    "remove a row of %s",
    async (table) => {
      expect(await asApp(`DELETE FROM ${table}`)).toBe(NOT_ALLOWED);
      expect(await asApp(`TRUNCATE ${table} CASCADE`)).toBe(NOT_ALLOWED);
    },
  );

  test("wind the clock", async () => {
    expect(await asApp("UPDATE clock_offset SET shift = interval '1 day'")).toBe(NOT_ALLOWED);
    expect(await asApp("DELETE FROM clock_offset")).toBe(NOT_ALLOWED);
    expect(await asApp("INSERT INTO clock_offset (id, shift) VALUES (2, '1 day')")).toBe(NOT_ALLOWED);
  });

  test("take the rules away", async () => {
    expect(await asApp("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")).toBe(NOT_ALLOWED);
    expect(await asApp("DROP FUNCTION clock_now() CASCADE")).toBe(NOT_ALLOWED);
    expect(await asApp("CREATE TABLE mine (id int)")).toBe(NOT_ALLOWED);
  });
});

test("what was written stays written for the owner too, and once a story has begun the clock runs forward only", async () => {
  await expect(ground.asOwner("UPDATE ledger_entry SET amount_minor = 1")).rejects.toThrow("append-only");
  await expect(ground.asOwner("DELETE FROM ledger_transaction")).rejects.toThrow("append-only");
  await expect(ground.asOwner("TRUNCATE ledger_entry")).rejects.toThrow("append-only");
  await ground.asOwner(
    `INSERT INTO history (subject_type, subject_id, actor_kind, move, to_state) VALUES ('party', $1, 'anyone', 'arrive', 'here')`,
    [newId()],
  );
  await ground.wind("2 hours");
  await expect(ground.wind("-1 hour")).rejects.toThrow("forward only");
});

test("payments stay within their bounds, whatever the code does", async () => {
  const row = (sum: number, state: string, currency = "USD") =>
    asApp(`INSERT INTO payment (id, kind, development_id, payer_id, amount_minor, service_fee_minor, platform_fee_basis_points,
      currency, state, created_at, checkout_request, state_since)
      VALUES ('${newId()}', 'pledge', '${newId()}', '${newId()}', ${sum}, 0, 500, '${currency}', '${state}', now(), '{}', now())`);
  expect(await row(0, "opened")).toBe(CHECK);
  expect(await row(-500, "opened")).toBe(CHECK);
  expect(await row(500, "lost")).toBe(CHECK);
  expect(await row(500, "opened", "EUR")).toBe(CHECK);
});

describe("J4 when PostgreSQL asks for a transaction to be run again", () => {
  const of = (development: string, amount: bigint): Leg => ({ ...leg("holding", amount), ownerId: development });

  test("it is, and what it posts is posted once", async () => {
    const before = await entries();
    let runs = 0;
    await ground.database.transact(async (tx) => {
      runs += 1;
      await post(tx, {
        key: "again",
        event: "test",
        occurredAt: new Date(),
        legs: [leg("psp_clearing", 700n), leg("holding", -700n)],
      });
      if (runs < 3) await tx.$executeRawUnsafe("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$");
    });
    expect(runs).toBe(3);
    expect(await entries()).toBe(before + 2);
  });

  test("because two of them wait for each other's accounts, both go through", async () => {
    const [one, other] = [newId(), newId()];
    const before = await entries();
    const both = (first: string, second: string) =>
      ground.database.transact(async (tx) => {
        for (const development of [first, second]) {
          await post(tx, {
            key: `${first}:${development}`,
            event: "test",
            occurredAt: new Date(),
            legs: [leg("psp_clearing", 500n), of(development, -500n)],
          });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      });
    await Promise.all([both(one, other), both(other, one)]);
    expect(await entries()).toBe(before + 8);
    const balances = await ground.database.ledgerAccount.findMany({ where: { ownerId: { in: [one, other] } } });
    expect(balances.map((account) => account.balance)).toEqual([-1000n, -1000n]);
  });
});
