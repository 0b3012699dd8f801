import { openTestDatabase, type TestDatabase } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Rows } from "../testing/rows.ts";
import { PayoutsQueries } from "./payouts.queries.ts";

let ground: TestDatabase;
let rows: Rows;
let payouts: PayoutsQueries;
beforeAll(async () => {
  ground = await openTestDatabase();
  rows = new Rows(ground);
  payouts = new PayoutsQueries(ground.database);
  await ground.wind("400 days");
});
afterAll(() => ground.close());

const usd = (minor: bigint) => ({ minor: minor.toString(), currency: "USD" });
const account = (partyId: string, state: string) =>
  ground.asOwner(
    `INSERT INTO payout_account (party_id, account_id, state, created_at) VALUES ($1, $2, $3, now())
     ON CONFLICT (party_id) DO UPDATE SET state = excluded.state`,
    [partyId, `acct_${partyId}`, state],
  );
const intent = (payoutId: string, state: string) =>
  ground.asOwner(
    `INSERT INTO intent (id, purpose, subject_id, key, request, state, created_at) VALUES (gen_random_uuid(), 'transfer', $1, $2, '{}', $3, now())`,
    [payoutId, newId(), state],
  );

test("every payout says where it stands and, when it waits, why and what to do", async () => {
  const [backer, dave] = [await rows.party("alice"), await rows.party("dave")];
  const { developmentId, proposalId } = await rows.development(dave, "Read threads offline");
  const pledges = await rows.payments({ developmentId, payerId: backer, state: "settling", minor: 1000n, count: 3 });
  const made: string[] = [];
  for (const paymentId of pledges)
    made.push(
      await rows.payout({
        paymentId,
        payeeId: dave,
        net: 950n,
        fee: 50n,
        state: made.length === 0 ? "confirmed" : "planned",
      }),
    );
  await intent(made[1]!, "SENT");
  await intent(made[2]!, "PLANNED");
  await rows.payments({ developmentId, payerId: backer, kind: "donation", payeeId: dave, state: "given", minor: 700n });

  await account(dave, "restricted");
  const seen = await payouts.payouts(dave, {});
  const states = () => Object.fromEntries(seen.developments[0]!.lines.map((line) => [line.id, line.state]));
  expect(states()).toEqual({ [made[0]!]: "paid", [made[1]!]: "on_its_way", [made[2]!]: "not_payable" });
  expect(seen.developments[0]!.lines.find((line) => line.id === made[2])!.why).toContain("restricted");
  expect(seen.nextStep).toMatchObject({ path: "/get-paid" });
  expect(seen.developments).toMatchObject([
    { id: developmentId, proposal: { id: proposalId, title: "Read threads offline" }, pledges: 3 },
  ]);
  expect(seen.totals).toEqual([
    {
      gross: usd(3000n),
      platformFee: usd(150n),
      net: usd(2850n),
      paid: usd(950n),
      waiting: usd(1900n),
      reversed: usd(0n),
    },
  ]);
  expect(seen.donated).toEqual([usd(700n)]);
  expect(seen.donations).toMatchObject([{ amount: usd(700n), proposal: { id: proposalId } }]);

  await account(dave, "payable");
  const after = await payouts.payouts(dave, {});
  expect(after.nextStep).toBeNull();
  expect(after.developments[0]!.lines.find((line) => line.id === made[2])).toMatchObject({ state: "waiting" });
  expect((await payouts.payouts(backer, {})).developments, "what others are paid is theirs").toEqual([]);
});

test("payees of one pledge each see their own part; together they are the pledge", async () => {
  const [backer, developer, maintainer] = [await rows.party("bob"), await rows.party("judy"), await rows.party("erin")];
  const { developmentId } = await rows.development(developer, "Labels");
  const [pledge] = await rows.payments({ developmentId, payerId: backer, state: "paid", minor: 1001n });
  await rows.payout({ paymentId: pledge!, payeeId: developer, net: 761n, fee: 40n, state: "confirmed" });
  await rows.payout({ paymentId: pledge!, payeeId: maintainer, net: 190n, fee: 10n, state: "confirmed" });
  const parts = await Promise.all([developer, maintainer].map((party) => payouts.payouts(party, {})));
  const gross = parts.map((part) => part.developments[0]!.lines[0]!.gross.minor);
  expect(gross).toEqual(["801", "200"]);
  expect(BigInt(gross[0]!) + BigInt(gross[1]!)).toBe(1001n);
});

test("long lists come page by page, each row once, under its development's whole sums", async () => {
  const [backer, carla] = [await rows.party("alice"), await rows.party("carla")];
  for (const [title, day] of [
    ["First", "2027-02-01"],
    ["Second", "2027-03-01"],
  ] as const) {
    const { developmentId } = await rows.development(carla, title);
    const pledges = await rows.payments({ developmentId, payerId: backer, state: "paid", minor: 500n, count: 35 });
    for (const paymentId of pledges)
      await rows.payout({ paymentId, payeeId: carla, net: 475n, fee: 25n, state: "confirmed", at: `${day}T00:00:00Z` });
  }
  const one = await payouts.payouts(carla, {});
  expect(one.developments.map((run) => [run.proposal.title, run.lines.length, run.pledges])).toEqual([
    ["Second", 35, 35],
    ["First", 15, 35],
  ]);
  const two = await payouts.payouts(carla, { after: one.next! });
  expect(two.developments.map((run) => [run.proposal.title, run.lines.length, run.sums.net.minor])).toEqual([
    ["First", 20, "16625"],
  ]);
  expect(two.next).toBeNull();
  const ids = [one, two].flatMap((page) => page.developments.flatMap((run) => run.lines.map((line) => line.id)));
  expect(new Set(ids).size).toBe(70);
  await expect(payouts.payouts(carla, { after: "x" })).rejects.toMatchObject({ code: "request_invalid" });
});

test("two currencies are never one sum, should there ever be a second", async () => {
  await ground.asOwner("ALTER TABLE payment DROP CONSTRAINT payment_sums");
  const [backer, frank] = [await rows.party("alice"), await rows.party("frank")];
  for (const currency of ["USD", "EUR"]) {
    const { developmentId } = await rows.development(frank, `In ${currency}`);
    const [paymentId] = await rows.payments({ developmentId, payerId: backer, state: "paid", minor: 1000n, currency });
    await rows.payout({ paymentId: paymentId!, payeeId: frank, net: 950n, fee: 50n, state: "confirmed", currency });
    await rows.payments({
      developmentId,
      payerId: backer,
      kind: "donation",
      payeeId: frank,
      state: "given",
      minor: 100n,
      currency,
    });
  }
  const seen = await payouts.payouts(frank, {});
  expect(seen.totals.map((sums) => [sums.net.currency, sums.net.minor])).toEqual([
    ["EUR", "950"],
    ["USD", "950"],
  ]);
  expect(seen.donated).toEqual([
    { minor: "100", currency: "EUR" },
    { minor: "100", currency: "USD" },
  ]);
});
