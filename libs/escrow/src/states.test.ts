import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "@freehold/values";
import { machines } from "./states.ts";
import { openTill, type Till } from "./testing/till.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.close());

test("the database holds the same table of moves as the code", async () => {
  const rows = await till.database.stateMove.findMany();
  const said = rows.map((row) => `${row.machine}: ${row.fromState} → ${row.toState}`).toSorted();
  const written = Object.entries(machines).flatMap(([machine, states]) =>
    Object.entries(states).flatMap(([from, next]) =>
      (next as readonly string[]).map((to) => `${machine}: ${from} → ${to}`),
    ),
  );
  expect(said).toEqual(written.toSorted());
});

const states = Object.keys(machines.payment) as (keyof typeof machines.payment)[];
const illegal = states.flatMap((from) =>
  states
    .filter((to) => to !== from && !(machines.payment[from] as readonly string[]).includes(to))
    .map((to) => [from, to] as const),
);

test.each(illegal)("a payment may not go from %s to %s, whoever tries", async (from, to) => {
  const { id } = await till.begin(newId());
  // As the owner and without the trigger, so that the state stands there at all.
  await till.market.asOwner("ALTER TABLE payment DISABLE TRIGGER payment_moved");
  await till.market.asOwner(
    "UPDATE payment SET state = $2, held_minor = CASE WHEN $2 = 'held' THEN amount_minor ELSE 0 END WHERE id = $1",
    [id, from],
  );
  await till.market.asOwner("ALTER TABLE payment ENABLE TRIGGER payment_moved");
  await expect(
    till.market.asOwner(
      "UPDATE payment SET state = $2, held_minor = CASE WHEN $2 = 'held' THEN amount_minor ELSE 0 END WHERE id = $1",
      [id, to],
    ),
  ).rejects.toThrow(`may not go from ${from} to ${to}`);
});

test("I8 every change of a state is one row of history, with who, when, from and to", async () => {
  const id = await till.paid(newId());
  await till.database.transact((tx) => till.vault.refund(tx, id, "pledge", { reason: "taken_back" }));
  await till.hurry();
  const moves = async (subjectType: string, subjectId: string) =>
    (await till.database.history.findMany({ where: { subjectType, subjectId }, orderBy: { sequence: "asc" } })).map(
      (row) => `${row.fromState ?? "nothing"} → ${row.toState}`,
    );
  expect(await moves("payment", id)).toEqual([
    "nothing → opened",
    "opened → held",
    "held → refunding",
    "refunding → refunded",
  ]);
  const refund = await till.database.refund.findFirstOrThrow({ where: { paymentId: id } });
  expect(await moves("refund", refund.id)).toEqual(["nothing → planned", "planned → confirmed"]);
  const intent = await till.database.intent.findFirstOrThrow({ where: { subjectId: refund.id } });
  expect(await moves("intent", intent.id)).toEqual(["nothing → PLANNED", "PLANNED → SENT", "SENT → CONFIRMED"]);
});
