import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clientOf, Desk, Ear, StandingClock } from "./fixture.ts";
import { payCheckout } from "./pay-checkout.ts";

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stripe-simulator-"));
  stateFile = join(folder, "state.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("after a restart everything is as it was: objects, balances, keys, open sessions, waiting refunds, events to deliver", async () => {
  const clock = new StandingClock();
  const ear = await Ear.open();
  ear.answer = () => 503;
  let desk = await Desk.open({ stateFile, webhook: ear.listener }, clock);
  const carla = await desk.account();
  const charge = await desk.charge(2500);
  const open = await desk.session(3000);
  const refund = await desk.stripe.refunds.create({ charge: charge.id, amount: 1000 }, { idempotencyKey: "k" });
  const transfer = await desk.stripe.transfers.create({
    amount: 900,
    currency: "usd",
    destination: carla,
    source_transaction: charge.id,
    transfer_group: "dev_1",
  });
  await desk.stripe.transfers.update(transfer.id, { description: "written twice" });
  const before = await desk.sim.control.dump();
  await desk.close();

  ear.answer = () => 200;
  ear.received.length = 0;
  desk = await Desk.open({ stateFile, webhook: ear.listener }, clock);
  const { delivery: _then, ...state } = before;
  const { delivery: _now, ...again } = await desk.sim.control.dump();
  expect(again).toEqual(state);
  await desk.sim.drained();
  expect(ear.received).toHaveLength(before["event"]!.length);
  expect((await desk.stripe.refunds.create({ charge: charge.id, amount: 1000 }, { idempotencyKey: "k" })).id).toBe(
    refund.id,
  );
  expect(await desk.books()).toEqual({ available: 0, pending: 1497, sum: 1497 });
  expect((await desk.stripe.transfers.list({ transfer_group: "dev_1" })).data).toMatchObject([
    { id: transfer.id, description: "written twice" },
  ]);
  clock.wind(2);
  expect((await desk.stripe.refunds.retrieve(refund.id)).status).toBe("succeeded");
  expect((await desk.stripe.checkout.sessions.retrieve(open.id)).status).toBe("expired");
  expect((await desk.stripe.v2.core.accounts.retrieve(carla)).id).toBe(carla);
  const ids = new Set(Object.values(before).flatMap((records) => (records as { id: string }[]).map((r) => r.id)));
  expect(ids.has((await desk.session(3000)).id)).toBe(false);
  await desk.close();
  await ear.close();
});

test("a half-written last line is ignored", async () => {
  let desk = await Desk.open({ stateFile });
  const charge = await desk.charge(2500);
  await desk.close();
  appendFileSync(stateFile, '{"seq":99,"put":[["charge",{"id":"ch_torn"');
  desk = await Desk.open({ stateFile });
  expect((await desk.stripe.charges.list()).data.map((c) => c.id)).toEqual([charge.id]);
  await desk.charge(1000);
  await desk.close();
  desk = await Desk.open({ stateFile });
  expect((await desk.stripe.charges.list()).data).toHaveLength(2);
  await desk.close();
});

test("what a killed simulator answered for is there when it comes back", async () => {
  const start = async () => {
    const module = fileURLToPath(new URL("./simulator.ts", import.meta.url));
    const code = `import { startStripeSimulator } from ${JSON.stringify(module)};
      const sim = await startStripeSimulator({ now: () => new Date(1795176000000), stateFile: ${JSON.stringify(stateFile)} });
      console.log(sim.port);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.once("data", (text: Buffer) => resolve(Number(text.toString())));
      child.once("exit", () => reject(new Error("The simulator did not start.")));
    });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    return { port, kill: () => (child.kill("SIGKILL"), gone), stripe: clientOf({ port }) };
  };
  const first = await start();
  const session = await first.stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "http://127.0.0.1:1/ok",
    line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: 2500, product_data: { name: "Pledge" } } }],
  });
  expect((await payCheckout(session.url!, { number: "4242424242424242" })).paid).toBe(true);
  await first.kill();
  const second = await start();
  try {
    expect(await second.stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: "complete",
      payment_status: "paid",
    });
    expect((await second.stripe.balance.retrieve()).pending).toMatchObject([{ amount: 2397 }]);
  } finally {
    await second.kill();
  }
});
