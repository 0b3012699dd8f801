import { newId } from "@freehold/values";
import { Database } from "@freehold/database";
import { afterAll, beforeAll, test } from "vitest";
import { openTill, type Till } from "./testing/till.ts";
let till: Till;
beforeAll(async () => {
  till = await openTill({ validate: false });
});
afterAll(() => till.close());
const cpu = async (name: string, n: number, f: () => Promise<unknown>) => {
  const a = process.cpuUsage(),
    t = performance.now();
  for (let i = 0; i < n; i++) await f();
  const u = process.cpuUsage(a);
  console.log(
    name,
    "cpu ms each",
    ((u.user + u.system) / 1000 / n).toFixed(2),
    "wall",
    ((performance.now() - t) / n).toFixed(2),
  );
};
test("x", { timeout: 300000 }, async () => {
  const dev = newId();
  const ds: Database[] = [];
  await cpu("new Database + first query", 20, async () => {
    const d = new Database(till.market.appUrl);
    await d.now();
    ds.push(d);
  });
  await cpu("disconnect", 20, async () => ds.pop()!.$disconnect());
  for (let i = 0; i < 20; i++) await till.paid(dev);
  await till.takePost();
  const begun: { id: string; intentId: string }[] = [];
  await cpu("begin", 50, async () => begun.push(await till.begin(dev)));
  let i = 0;
  await cpu("perform", 50, async () => till.vault.perform(begun[i++]!.intentId));
  i = 0;
  await cpu("pay", 50, async () => till.pay(begun[i++]!.id));
  i = 0;
  await cpu("look", 50, async () => till.look(begun[i++]!.id));
  i = 0;
  await cpu("look again", 50, async () => till.look(begun[i++]!.id));
  await cpu("drained", 1, () => till.market.stripe.drained());
  await cpu("takePost (50 pledges' events)", 1, async () => console.log(await till.takePost()));
  await cpu("check dev", 10, () => till.vault.check(dev));
  const { findingsOf } = await import("@freehold/testing");
  await cpu("findingsOf", 3, () => findingsOf(till.market));
  await cpu("now", 50, () => till.database.now());
  await cpu("pool query", 50, () => till.database.pool.query("select 1"));
  await cpu("tx now", 50, () => till.database.transact((tx) => tx.$queryRaw`select 1`));
  console.log(await till.stripe.counts());
});
