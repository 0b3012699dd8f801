import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { clientOf, Desk, Ear } from "./fixture.ts";

const children: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), "stripe-alone-"));
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the simulator by itself, with these settings and no others. */
async function startAlone(settings: Record<string, string>): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url))], {
    env: { PATH: process.env["PATH"], ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (text: Buffer) => resolve(/http:\S+/.exec(text.toString())![0]));
    child.once("exit", () => reject(new Error("The simulator did not start.")));
  });
  return { url, child };
}

test("by itself the simulator is driven over HTTP: money, time, a listener, a journal, and its state outlives it", async () => {
  const ear = await Ear.open();
  const settings = {
    STRIPE_SIM: "1",
    STRIPE_SIM_STATE: join(folder, "state.ndjson"),
    STRIPE_SIM_JOURNAL: join(folder, "journal.ndjson"),
    STRIPE_SIM_WEBHOOK_URL: ear.listener.url,
    STRIPE_SIM_WEBHOOK_SECRET: ear.listener.secret,
  };
  const { url, child } = await startAlone(settings);
  const verb = async (name: string, ...args: unknown[]): Promise<unknown> =>
    (await fetch(`${url}/__sim/${name}`, { method: "POST", body: JSON.stringify(args) })).json();
  const stripe = clientOf({ port: Number(new URL(url).port) });
  await verb("topUp", 5000);
  expect(await verb("drained")).toEqual({ ok: true });
  expect(ear.types().toSorted()).toEqual(["topup.created", "topup.succeeded"]);
  await stripe.paymentIntents.create({ amount: 2500, currency: "usd", confirm: true, payment_method: "pm_card_visa" });
  expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 5000 }]);
  const { now } = (await verb("advance", 2 * 86_400)) as { now: string };
  expect(Date.parse(now) - Date.now()).toBeGreaterThan(1.9 * 86_400_000);
  expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 7397 }]);
  expect(readFileSync(settings.STRIPE_SIM_JOURNAL, "utf8").trim().split("\n")).toHaveLength(3);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await gone).toBe(0);
  const again = await startAlone(settings);
  expect((await clientOf({ port: Number(new URL(again.url).port) }).balance.retrieve()).available).toMatchObject([
    { amount: 7397 },
  ]);
  await ear.close();
});

test("without STRIPE_SIM=1 there are no control verbs", async () => {
  const { url } = await startAlone({});
  expect((await fetch(`${url}/__sim/topUp`, { method: "POST", body: "[5000]" })).status).toBe(404);
  expect((await fetch(`${url}/__sim/dump`)).status).toBe(404);
  expect(await (await fetch(url)).text()).not.toContain("__sim");
});

test("the README tells of every control verb and of no other", async () => {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const table = readme.slice(readme.indexOf("| verb"), readme.indexOf("SDKs repeat a call"));
  const told = [...table.matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)\(/g)].map(([, name]) => name!),
  );
  const desk = await Desk.open({ validate: false });
  expect(told.toSorted()).toEqual(Object.keys(desk.sim.control).toSorted());
  await desk.close();
});
