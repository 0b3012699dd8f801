import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { moneyHygiene, namesMoney, scanSchema, scanSource } from "./money-hygiene.ts";

const forms = (text: string, file = "libs/escrow/src/sample.ts") => scanSource(file, text).map(({ form }) => form);

test.each([
  ["const x = parseFloat(text);", "parseFloat"],
  ["const x = Number.parseFloat(text);", "parseFloat"],
  ["const x = price.toFixed(2);", "toFixed"],
  ["const x = (anything as number).toPrecision(3);", "toFixed"],
  ["const x = Number(row.amount);", "Number"],
  ["const x = Number(payment.amountMinor) / 2;", "Number"],
  ["const x = Number(row['amount_minor']);", "Number"],
  ["const x = Number(amount.minor.toString());", "Number"],
  ["const x = Number(`${total}`);", "Number"],
  ["const x = Number.parseInt(form.amount, 10);", "Number"],
  ["const x = amounts.map(Number);", "Number"],
  ["const x = +serviceFee;", "unary plus"],
  ["const x = Math.round(total / parts);", "Math"],
  ["const x = Math.max(0, balance - shown);", "Math"],
  ["const x = amount * 0.05;", "decimal literal"],
  ["const x = 100 * price.minor;", "decimal literal"],
  ["amountMinor /= 100;", "decimal literal"],
  ["let fee: number;", "number type"],
  ["interface Row { amountMinor: number | null }", "number type"],
  ["interface Row { readonly totals: readonly number[] }", "number type"],
  ["class Row { platformFee?: number }", "number type"],
  ["function take(amount: number) {}", "number type"],
  ["function serviceFee(): number { return 1 }", "number type"],
  ["const serviceFee = (): number => 1;", "number type"],
  ["const balances = (given: Map<string, string>): Map<string, number> => given;", "number type"],
  ["type Price = number;", "number type"],
  ["const body = z.object({ amount: z.number().int() });", "number schema"],
  ["const body = z.object({ amount: z.coerce.number() });", "number schema"],
  ["const rows = await tx.$queryRaw`SELECT sum(x)::float8 AS y, ${id} FROM t`;", "float in SQL"],
  ["const rows = await tx.$queryRaw`SELECT ${id}, sum(x)::numeric AS y`;", "float in SQL"],
  ['const sql = "SELECT x::double precision";', "float in SQL"],
])("finds what is wrong with: %s", (text, form) => {
  expect(forms(text)).toContain(form);
});

test("says where it is", () => {
  const [finding] = scanSource("a.tsx", "const fine = 1n;\n\nconst view = <b>{Number(row.total)}</b>;\n");
  expect(finding).toEqual({ file: "a.tsx", line: 3, form: "Number", text: "Number(row.total)" });
});

test.each([
  "const x = amount * 2n + fee;",
  "const half: bigint = total / 2n;",
  "const people = Number(row.count) + Math.max(1, amounts.length);",
  "interface Row { amountMinor: bigint; platformFeeBasisPoints: number; paidAt: number; totalCount: number }",
  "const body = z.object({ amount: z.string(), days: z.number() });",
  "// Number(amount) and parseFloat(amount) are not allowed, says this comment",
  "const rows = await tx.$queryRaw`SELECT sum(x)::bigint AS total FROM t WHERE id = ${id}::uuid`;",
  "const wait = Math.min(HOUR_MS, 15_000 * 2 ** attempts);",
])("leaves alone: %s", (text) => {
  expect(forms(text)).toEqual([]);
});

test("knows the names of sums from those of other things", () => {
  for (const name of ["amount", "amountMinor", "service_fee_minor", "SERVICE_FEE", "totalHeld", "heldMinor"])
    expect([name, namesMoney(name)]).toEqual([name, true]);
  for (const name of [
    "summary",
    "feedback",
    "totalPages",
    "paidAt",
    "feeBasisPoints",
    "minority",
    "priceless",
    "count",
  ])
    expect([name, namesMoney(name)]).toEqual([name, false]);
});

test("finds inexact columns in the schema and in migrations", () => {
  const schema = "model A {\n  amount Float\n  fee Decimal @db.Money\n  sum BigInt // never Float\n}";
  expect(scanSchema("prisma/schema.prisma", schema).map(({ line }) => line)).toEqual([2, 3]);
  for (const type of ["REAL", "DOUBLE PRECISION", "FLOAT", "float8", "NUMERIC(12,2)", "decimal", "MONEY"])
    expect(scanSchema("migration.sql", `ALTER TABLE a ADD amount ${type}; -- a sum`).length).toBe(1);
  expect(scanSchema("migration.sql", "ADD amount_minor BIGINT; -- no REAL, no money")).toEqual([]);
});

test("a permission that nothing needs is a finding, and so is a tree without sources", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-hygiene-"));
  try {
    expect(moneyHygiene(folder, [])).toEqual([expect.stringContaining("nothing to look at")]);
    mkdirSync(path.join(folder, "libs/escrow/src"), { recursive: true });
    writeFileSync(path.join(folder, "libs/escrow/src/a.ts"), "export const x = Number(amount);\n");
    writeFileSync(path.join(folder, "libs/escrow/src/a.test.ts"), "export const y = Number(amount);\n");
    expect(moneyHygiene(folder, [])).toEqual(["libs/escrow/src/a.ts:1  Number: Number(amount)"]);
    const permission = {
      file: "libs/escrow/src/a.ts",
      form: "Number",
      holds: "Number(amount)",
      reason: "a test",
    } as const;
    expect(moneyHygiene(folder, [permission])).toEqual([]);
    expect(moneyHygiene(folder, [permission, { ...permission, holds: "Number(fee)" }])).toEqual([
      expect.stringContaining("remove the permission"),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("J9 our own sources are clean", () => {
  expect(moneyHygiene()).toEqual([]);
});
