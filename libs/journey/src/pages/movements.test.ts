import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Rows } from "../testing/rows.ts";
import { csvLine, decimalText } from "./csv.ts";
import { MovementQueries } from "./movements.queries.ts";

let ground: TestDatabase;
let rows: Rows;
beforeAll(async () => {
  ground = await openTestDatabase();
  rows = new Rows(ground);
  await ground.wind("400 days");
});
afterAll(() => ground.close());

/** Reads RFC 4180 as strictly as it is written: records end with CRLF, texts stand in quotes. */
function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  let end = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    end = pattern.lastIndex;
    if (found[3] !== "\r\n") continue;
    records.push(record);
    record = [];
    if (end === text.length) break;
  }
  expect(end, "every character belongs to a record").toBe(text.length);
  return records;
}

async function exported(partyId: string): Promise<Record<string, string>[]> {
  let text = "";
  for await (const chunk of new MovementQueries(ground.database).csv(partyId)) text += chunk;
  const [names, ...records] = readCsv(text);
  expect(records.every((record) => record.length === names!.length)).toBe(true);
  return records.map((record) => Object.fromEntries(names!.map((name, index) => [name, record[index]!])));
}

const sumOf = (found: Record<string, string>[]) =>
  found.reduce((sum, row) => sum + BigInt(row["amount"]!.replace(".", "")), 0n);

test("sums are decimal text, exact to the cent, however large, and stay numbers when negative", () => {
  expect([0n, 5n, 65n, 1065n, -5n, -1065n].map((minor) => decimalText(minor, "USD"))).toEqual([
    "0.00",
    "0.05",
    "0.65",
    "10.65",
    "-0.05",
    "-10.65",
  ]);
  expect(decimalText(90_071_992_547_409_931n, "USD")).toBe("900719925474099.31");
  expect(csvLine([{ figure: decimalText(-1065n, "USD") }])).toBe("-10.65\r\n");
});

test.each([
  ['=HYPERLINK("http://evil.example","x")', `"'=HYPERLINK(""http://evil.example"",""x"")"`],
  ["+1+1", `"'+1+1"`],
  ["-2+3", `"'-2+3"`],
  ["@SUM(A1)", `"'@SUM(A1)"`],
  ["\t=1", `"'\t=1"`],
  ["  =1", `"'  =1"`],
  ["＝1+1", `"'＝1+1"`],
  ["a, b\r\nc", `"a, b\r\nc"`],
  ['say "hi"', `"say ""hi"""`],
  ["Ünïcode ⚘ 日本", `"Ünïcode ⚘ 日本"`],
])("a text %j is written so that no spreadsheet runs it", (text, written) => {
  expect(csvLine([text, "x"])).toBe(`${written},"x"\r\n`);
});

test("what somebody paid: charge and service fee apart, what came back beside them, and nobody else's rows", async () => {
  const [alice, bob, dave] = [await rows.party("alice"), await rows.party("bob"), await rows.party('=dave"s')];
  const { developmentId } = await rows.development(dave, '=cmd|"/c calc"!A1, and\nmore');
  const [returned] = await rows.payments({ developmentId, payerId: alice, state: "refunded", minor: 1000n });
  await rows.refund({ paymentId: returned!, kind: "whole", minor: 1065n, serviceFee: 65n });
  await rows.payments({ developmentId, payerId: bob, state: "held", minor: 700n });
  const found = await exported(alice);
  expect(found.map(({ date, kind, amount, state, receipt }) => [date, kind, amount, state, receipt])).toEqual([
    ["2027-01-01T00:01:01.000Z", "pledge", "-10.00", "refunded", returned],
    ["2027-01-01T00:01:01.000Z", "service fee", "-0.65", "paid", returned],
    ["2027-01-21T00:00:00.000Z", "refund", "10.65", "confirmed", returned],
  ]);
  expect(sumOf(found)).toBe(0n);
  expect(found[0]).toMatchObject({
    as: "payer",
    proposal: `'=cmd|"/c calc"!A1, and\nmore`,
    counterparty: `'=dave"s`,
    currency: "USD",
    processor_reference: expect.stringMatching(/^ch_/),
  });
});

test("what a developer was paid: gross, our part and donations; the sum is what reached them", async () => {
  const [backer, developer] = [await rows.party("erin"), await rows.party("judy")];
  const { developmentId } = await rows.development(developer, "Labels");
  const [pledge] = await rows.payments({ developmentId, payerId: backer, state: "paid", minor: 1001n });
  await rows.payments({
    developmentId,
    payerId: backer,
    kind: "donation",
    payeeId: developer,
    state: "given",
    minor: 500n,
  });
  const payout = await rows.payout({ paymentId: pledge!, payeeId: developer, net: 951n, fee: 50n, state: "confirmed" });
  const found = await exported(developer);
  expect(found.map(({ kind, as, amount, counterparty }) => [kind, as, amount, counterparty])).toEqual([
    ["donation", "payee", "5.00", "a backer"],
    ["payout", "payee", "10.01", "a backer"],
    ["platform fee", "payee", "-0.50", "Freehold"],
  ]);
  expect(found[1]).toMatchObject({ receipt: payout, processor_reference: `tr_${payout}`, state: "confirmed" });
  expect(sumOf(found)).toBe(951n + 500n);
});

test("thousands of rows come page by page, each once, in an order that a second export keeps", async () => {
  const [payer, dave] = [await rows.party("carla"), await rows.party("dave")];
  const { developmentId } = await rows.development(dave, "Threads");
  const ids = await rows.payments({ developmentId, payerId: payer, state: "paid", minor: 500n, count: 1203 });
  const first = await exported(payer);
  expect(first.length).toBe(2406);
  expect(first.filter((row) => row["kind"] === "pledge").map((row) => row["receipt"])).toEqual(ids);
  await rows.payments({ developmentId, payerId: payer, state: "paid", minor: 500n });
  expect((await exported(payer)).filter((row) => ids.includes(row["receipt"]!))).toEqual(first);
});

test("only what is asked for is read: the first chunk of a long export needs one page of it", async () => {
  const asked: string[] = [];
  const watched = new Proxy(ground.database, {
    get: (database, name) =>
      name === "$queryRaw"
        ? (texts: TemplateStringsArray, ...values: unknown[]) => {
            asked.push(texts.join("?"));
            return database.$queryRaw(texts, ...values);
          }
        : Reflect.get(database, name),
  });
  const payer = (await ground.asOwner<{ id: string }>(`SELECT id FROM party WHERE name = 'carla'`))[0]!.id;
  const csv = new MovementQueries(watched).csv(payer);
  await csv.next();
  await csv.next();
  expect(asked.filter((sql) => sql.includes("m.payer_id =")).length).toBe(1);
  await csv.return();
});

test("somebody without a payment gets a table with its heading alone", async () => {
  expect(await exported(newId())).toEqual([]);
});
