import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Environment } from "@freehold/contract";
import { DecisionService, PaymentService, PledgeService } from "@freehold/journey";
import { type LocalRedis, payCheckout, startRedis } from "@freehold/local-world";
import {
  findingsOf,
  openStory,
  openTestDatabase,
  type Story,
  testEnvironment,
  type TestDatabase,
  VISA,
} from "@freehold/testing";
import { newId } from "@freehold/values";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const PLEDGES = 50;

let story: Story;
let queue: TestDatabase;
let redis: LocalRedis | null;
let folder: string;
const workers = new Set<ChildProcess>();

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is missing: build the worker first (npm run build)`);
  folder = mkdtempSync(path.join(tmpdir(), "freehold-workers-"));
  [story, queue] = [await openStory(), await openTestDatabase()];
  redis = await startRedis({ dataDir: path.join(folder, "redis") });
});
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await story.close();
  await queue.close();
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The built worker as a process of its own, on the story's database, processor and forge. */
function startWorker(through: "redis" | "postgres"): ChildProcess {
  const { market } = story;
  const environment: Partial<Environment> = testEnvironment({
    DATABASE_URL: market.appUrl,
    STRIPE_API_URL: market.stripe.url,
    GITHUB_API_URL: market.github.apiUrl,
    GITHUB_URL: market.github.webUrl,
    LOCAL_PREVIEW_URL: market.preview.url,
    MIRRORS_DIR: path.join(folder, "mirrors"),
    EVIDENCE_DIR: path.join(folder, "evidence"),
    ...(through === "redis" ? { REDIS_URL: redis!.url } : { QUEUE_DATABASE_URL: queue.ownerUrl }),
  });
  const { BOOT_SEED: _seed, ...said } = environment;
  const worker = spawn(process.execPath, [main], {
    env: {
      PATH: process.env["PATH"],
      ...Object.fromEntries(Object.entries(said).map(([name, value]) => [name, String(value)])),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
  return worker;
}

const gone = (worker: ChildProcess, signal: NodeJS.Signals) =>
  new Promise<void>((resolve) => {
    if (worker.exitCode !== null || worker.signalCode !== null) return resolve();
    worker.once("exit", () => resolve());
    worker.kill(signal);
  });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end; await pause(100)) if (await holds()) return;
  throw new Error(`it did not come to this within ${withinMs / 1000} s: ${what}`);
}

const count = async (sql: string, values: unknown[] = []) =>
  Number((await story.market.asOwner<{ n: string }>(sql, values))[0]!.n);
const held = (developmentId: string, state: string) =>
  count("SELECT count(*) AS n FROM payment WHERE development_id = $1 AND state = $2", [developmentId, state]);
const records = async <Found>(kind: string) => (await story.market.stripe.control.dump())[kind] as Found[];

/** Opens pages and pays on them; nobody works on what that causes. */
async function pay(developmentId: string, times: number, minor: bigint): Promise<void> {
  const backers = await Promise.all(["alice", "bob", "carla", "erin", "ivan"].map((name) => story.party(name)));
  for (let i = 0; i < times; i += 1) {
    const { id, intentId } = await story.database.transact((tx) =>
      story.get(PledgeService).pledge(tx, backers[i % backers.length]!, developmentId, newId(), {
        amount: { minor: minor.toString(), currency: "USD" },
      }),
    );
    await story.market.vault.perform(intentId);
    const { checkoutUrl } = await story.database.payment.findUniqueOrThrow({ where: { id } });
    await payCheckout(checkoutUrl!, { number: VISA });
  }
}

describe("a worker killed at random moments", () => {
  let developmentId: string;
  let proposalId: string;

  beforeAll(async () => {
    const told = await story.inPreview();
    ({ developmentId, proposalId } = told);
    await pay(developmentId, PLEDGES, 1000n);
    await story.wind("3 days");
    await story.chooseRelease("dave", developmentId);
    await story.submitRelease("dave", developmentId, await story.push(told.repository));
    // The settlement is authorised while its payee cannot be paid, so that every transfer is left to the workers.
    const { accountId } = await story.market.vault.accounts.refresh(await story.party("dave"));
    await story.market.stripe.control.setCapability(accountId!, "restricted");
    await story.wind("15 days");
    await story.market.stripe.control.setCapability(accountId!, "active");
    await story.drain();
  }, 180_000);

  test("pays fifty pledges with exactly fifty transfers", async () => {
    expect(await story.stage(proposalId)).toBe("settling");
    expect(await records("transfer")).toEqual([]);
    const before = (await story.market.stripe.control.journal()).length;
    await story.market.stripe.control.failNext(400, {
      status: "slow",
      path: "/v1/transfers",
      method: "POST",
      hold_ms: 120,
    });
    await story.market.asOwner("UPDATE intent SET due_at = now() - interval '1 second' WHERE state = 'PLANNED'");
    const confirmed = () => held(developmentId, "paid");
    let kills = 0;
    for (; kills < 12 && (await confirmed()) < PLEDGES; kills += 1) {
      const started = await confirmed();
      const pair = [startWorker("postgres"), startWorker("postgres")];
      await until(
        "the workers move something",
        async () => (await confirmed()) > started || (await confirmed()) === PLEDGES,
      );
      await pause(Math.random() * 250);
      await Promise.all(pair.map((worker) => gone(worker, "SIGKILL")));
      // What they had in their hands is theirs for a minute; here the minute is over at once.
      await story.market.asOwner(
        "UPDATE intent SET due_at = now() - interval '1 second' WHERE state IN ('SENT', 'UNKNOWN', 'PLANNED')",
      );
    }
    expect(kills).toBeGreaterThan(1);
    const last = startWorker("postgres");
    await until("the story is settled", async () => (await story.stage(proposalId)) === "settled");
    await gone(last, "SIGTERM");
    const transfers = await records<{ source_transaction: string; amount: number; metadata: { payment_id: string } }>(
      "transfer",
    );
    expect(transfers.length).toBe(PLEDGES);
    expect(new Set(transfers.map((transfer) => transfer.source_transaction)).size).toBe(PLEDGES);
    expect(new Set(transfers.map((transfer) => transfer.metadata.payment_id)).size).toBe(PLEDGES);
    expect(transfers.every((transfer) => transfer.amount === 950)).toBe(true);
    expect(await count("SELECT count(*) AS n FROM payout WHERE state = 'confirmed'")).toBe(PLEDGES);
    const calls = (await story.market.stripe.control.journal())
      .slice(before)
      .filter((call) => call.path === "/v1/transfers" && call.method === "POST");
    expect(calls.length, "some calls had to be repeated, or the kills hit nothing").toBeGreaterThanOrEqual(PLEDGES);
    expect(await findingsOf(story.market)).toEqual([]);
  }, 240_000);
});

describe("two workers, every webhook twice and in no order, and a Redis that forgets", () => {
  test("lose nothing and do nothing twice", async (context) => {
    if (redis === null) return context.skip("no redis-server on PATH");
    const { control } = story.market.stripe;
    await control.clearFailures();
    const { developmentId, proposalId } = await story.inPreview();
    const client = new Redis(redis.url);
    let flushing = true;
    const flushes = (async () => {
      let n = 0;
      for (; flushing; n += 1) {
        await client.flushall();
        await pause(40 + Math.random() * 120);
      }
      return n;
    })();
    const pair = [startWorker("redis"), startWorker("redis")];
    await control.hold();
    await control.duplicate(1000, 2);
    await pay(developmentId, 12, 1500n);
    await control.shuffle();
    await control.release();
    await story.market.stripe.drained();
    // An event whose job was lost is looked for when it is a minute old; here it is at once.
    const age = () =>
      story.market.asOwner("UPDATE inbox_event SET due_at = now() - interval '61 seconds' WHERE state = 'stored'");
    await until("twelve pledges are held", async () => {
      await age();
      return (await held(developmentId, "held")) === 12;
    });
    const dave = await story.party("dave");
    await control.hold();
    await story.database.transact((tx) =>
      story.get(DecisionService).decline(tx, dave, developmentId, "It was not enough."),
    );
    await until("everything is back", async () => (await story.stage(proposalId)) === "open");
    await control.turnRound();
    await control.release();
    await story.market.stripe.drained();
    await until("every event is worked on", async () => {
      await age();
      return (await count("SELECT count(*) AS n FROM inbox_event WHERE state = 'stored'")) === 0;
    });
    flushing = false;
    expect(await flushes).toBeGreaterThan(3);
    client.disconnect();
    await Promise.all(pair.map((worker) => gone(worker, "SIGTERM")));
    expect(await held(developmentId, "refunded")).toBe(12);
    const charges = await story.database.payment.findMany({ where: { developmentId }, select: { chargeId: true } });
    const mine = new Set(charges.map((row) => row.chargeId));
    const refunds = (await records<{ charge: string }>("refund")).filter((refund) => mine.has(refund.charge));
    expect(refunds.length).toBe(12);
    expect(new Set(refunds.map((refund) => refund.charge)).size).toBe(12);
    expect(await findingsOf(story.market)).toEqual([]);

    // And once more, backwards, everything that was ever told.
    const rows = await story.market.asOwner("SELECT id FROM ledger_entry ORDER BY id");
    await story.market.asOwner("UPDATE inbox_event SET state = 'stored', applied_at = NULL");
    for (const event of await story.database.inboxEvent.findMany({ orderBy: { receivedAt: "desc" } }))
      await story.get(PaymentService).eventArrived(story.database, event.id);
    expect(await story.market.asOwner("SELECT id FROM ledger_entry ORDER BY id")).toEqual(rows);
    expect(await findingsOf(story.market)).toEqual([]);
  }, 180_000);
});
