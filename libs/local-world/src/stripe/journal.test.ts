import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clientOf, Desk, refusalOf, SECRET } from "./fixture.ts";
import { redacted } from "./redaction.ts";

let folder: string;
let journalFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stripe-journal-"));
  journalFile = join(folder, "journal.ndjson");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

interface Line {
  time: string;
  id: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  status: number | null;
  answer: Record<string, unknown> | null;
  replayed?: boolean;
  failed?: string;
}
const lines = (): Line[] =>
  readFileSync(journalFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

test("each call is one line: when, what was asked with which headers and body, and what was answered", async () => {
  vi.stubEnv("STRIPE_SIM_JOURNAL", journalFile);
  const desk = await Desk.open();
  const charge = await desk.charge(2500);
  const order = { charge: charge.id, amount: 1000 };
  await desk.stripe.refunds.create(order, { idempotencyKey: "refund_1" });
  await desk.stripe.refunds.create(order, { idempotencyKey: "refund_1" });
  await refusalOf(desk.stripe.refunds.create({ charge: "ch_none" }));
  await desk.stripe.refunds.list({ charge: charge.id, limit: 3 });
  await desk.close();
  const [made, again, refused] = lines().filter((line) => line.path === "/v1/refunds");
  expect(made).toMatchObject({
    method: "POST",
    headers: {
      "idempotency-key": "refund_1",
      "stripe-version": "2026-10-28.endive",
      authorization: "Bearer sk_test_…",
    },
    body: `charge=${charge.id}&amount=1000`,
    status: 200,
    answer: { object: "refund", amount: 1000 },
  });
  expect(Math.abs(Date.parse(made!.time) - Date.now())).toBeLessThan(60_000);
  expect(again).toMatchObject({ status: 200, replayed: true, answer: { id: made!.answer!["id"] } });
  expect(refused).toMatchObject({ status: 404, answer: { error: { code: "resource_missing" } } });
  expect(lines()).toContainEqual(
    expect.objectContaining({ method: "GET", path: `/v1/refunds?charge=${charge.id}&limit=3`, body: "", status: 200 }),
  );
});

test("a call that got no answer is a line as well, before and after the effect", async () => {
  const desk = await Desk.open({ journalFile });
  await desk.sim.control.failNext(1, { status: "timeout_before", path: "/v1/topups" });
  await desk.sim.control.failNext(1, { status: "timeout_after", path: "/v1/topups" });
  const impatient = clientOf(desk.sim, { timeout: 150 });
  for (const amount of [100, 200]) await expect(impatient.topups.create({ amount, currency: "usd" })).rejects.toThrow();
  await desk.close();
  expect(lines().filter((line) => line.path === "/v1/topups")).toMatchObject([
    { failed: "timeout_before", status: null, answer: null },
    { failed: "timeout_after", status: 200, answer: { amount: 200 } },
  ]);
});

test("no key, secret, card number or security code is ever written, wherever it stands", async () => {
  const desk = await Desk.open({ journalFile });
  await desk.charge(2500);
  await desk.stripe.paymentIntents.create({
    amount: 500,
    currency: "usd",
    confirm: true,
    payment_method: "pm_card_visa",
  });
  const call = (body: string, authorization: string, type = "application/x-www-form-urlencoded") =>
    fetch(`${desk.sim.url}/v1/payment_intents?note=${encodeURIComponent(SECRET)}`, {
      method: "POST",
      body,
      headers: { authorization, "content-type": type },
    });
  const card = "payment_method_data[card][number]=4242+4242+4242+4242&payment_method_data[card][cvc]=987";
  await call(card, "Bearer sk_test_51Habcdefgh");
  await call(encodeURIComponent("4000 0000 0000 0002"), "Bearer sk_live_51Habcdefgh");
  await call(JSON.stringify({ number: "5555555555554444", cvc: "987" }), "Bearer a-token-of-somebody");
  await call("x=378282246310005", `Basic ${Buffer.from("sk_test_51Habcdefgh:").toString("base64")}`);
  await desk.stripe.refunds
    .create({ charge: "ch_3", metadata: { note: "4242-4242-4242-4242" } })
    .catch(() => undefined);
  await desk.close();
  const text = readFileSync(journalFile, "utf8");
  expect(lines().length).toBeGreaterThan(6);
  expect(text).toContain("…4242");
  expect(text).toContain("_secret_…");
  expect(text.replaceAll(/[\s+-]|%20/g, "")).not.toMatch(
    /4242424242424242|4000000000000002|5555555555554444|378282246310005/,
  );
  expect(text).not.toMatch(/51Habcdefgh|whsec_\w|_secret_\w|a-token|cvc[^,&]*987|c2tfdGVzd/);
});

test("numbers that are no card numbers stay as they are", () => {
  const text =
    '{"created":1795176000,"payment_id":"019a8b7c6d5e4f30","amount":9007199254740993,"id":"ch_3K4242424242424242"}';
  expect(redacted(text)).toBe(text);
});

test("without a file nothing is written, even where the environment names one", async () => {
  vi.stubEnv("STRIPE_SIM_JOURNAL", journalFile);
  const desk = await Desk.open({ journalFile: null });
  await desk.stripe.balance.retrieve();
  await desk.close();
  expect(() => readFileSync(journalFile)).toThrow("ENOENT");
});

test("the journal in memory stays short however many calls there are", async () => {
  const desk = await Desk.open({ validate: false });
  for (let i = 0; i < 2300; i += 1) await desk.stripe.balance.retrieve();
  expect((await desk.sim.control.journal()).length).toBeLessThanOrEqual(2000);
  expect((await desk.sim.control.counts()).calls).toBe(2300);
  await desk.close();
});
