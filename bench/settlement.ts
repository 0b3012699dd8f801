import { fork } from "node:child_process";
import { once } from "node:events";
import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { holdPledges, openPayee } from "./held-pledges.ts";
import { liveHeap, watchHeap } from "./memory.ts";
import { type BenchServer, ledgerFindings, openServer } from "./server.ts";
import { machine, median, say } from "./tell.ts";

const WARM_UP = 100;
/** Small settlements are over soon: so many of them are timed that their middle says something. */
const repeats = (size: number): number => (size <= 100 ? 5 : size <= 1000 ? 3 : 1);
const RATIO_AIM = 1.25;
const GROWTH_AIM_MIB = 50;
const MIB = 2 ** 20;

interface Settled {
  prepareMs: number;
  authoriseMs: number;
  carryOutMs: number;
  growth: number;
  peakGrowth: number;
}

/**
 * Developments of so many pledges, each pledge really paid, are settled: authorised, every transfer made and confirmed, finished.
 * Tells the time per pledge at each size, how it grows from the first size to the last, and what the memory of the vault's process grew
 * by. The books are proved after each settlement.
 */
export async function benchSettlement(sizes: readonly number[]): Promise<void> {
  if (sizes.length === 0 || sizes.some((size) => !Number.isInteger(size) || size < 1))
    throw new Error("--sizes are whole numbers from 1 on, with commas between");
  await using server = await openServer();
  await using processor = await startProcessor();
  say(`${machine()}; ${server.description}`);
  say("Stripe simulator in a process of its own, types not compared, no latency; 25.00 a pledge, one payee\n");
  const database = new Database(server.appUrl, { application: "bench" });
  try {
    const vault = new Vault(database, {
      secretKey: "sk_test_bench",
      webhookSecret: "whsec_bench",
      apiUrl: processor.url,
    });
    await fetch(`${processor.url}/__sim/topUp`, { method: "POST", body: "[100000000]" });
    await vault.movements.take();
    const payeeId = await openPayee(vault, database);
    const settle = (size: number) => settleOne(server, database, vault, payeeId, size);
    await settle(WARM_UP);
    say("pledges    held in   authorised   carried out   a pledge   heap after   heap at most");
    const perPledge: number[] = [];
    let growth = 0;
    for (const size of sizes) {
      const all: Settled[] = [];
      for (let i = 0; i < repeats(size); i += 1) all.push(await settle(size));
      const of = (read: (one: Settled) => number) => median(all.map(read));
      perPledge.push(of((one) => one.authoriseMs + one.carryOutMs) / size);
      growth = Math.max(...all.map((one) => one.peakGrowth));
      say(
        [
          String(size).padStart(7),
          seconds(of((one) => one.prepareMs)).padStart(10),
          seconds(of((one) => one.authoriseMs)).padStart(12),
          seconds(of((one) => one.carryOutMs)).padStart(13),
          `${perPledge.at(-1)!.toFixed(2)} ms`.padStart(10),
          mebibytes(of((one) => one.growth)).padStart(12),
          mebibytes(growth).padStart(14),
        ].join(" "),
      );
    }
    tell(sizes, perPledge, growth);
  } finally {
    await database.$disconnect();
  }
}

function tell(sizes: readonly number[], perPledge: readonly number[], growth: number): void {
  const ratio = perPledge.at(-1)! / perPledge[0]!;
  const held = ratio <= RATIO_AIM ? "reached" : "MISSED";
  say(`\na pledge at ${sizes.at(-1)} / a pledge at ${sizes[0]}: ${ratio.toFixed(2)}     aim ≤ ${RATIO_AIM}: ${held}`);
  const small = growth / MIB < GROWTH_AIM_MIB ? "reached" : "MISSED";
  say(`heap of the vault's process, at most: ${mebibytes(growth)}     aim < ${GROWTH_AIM_MIB} MiB: ${small}`);
  say("After each settlement: every pledge is paid, the vault's own check finds nothing, all entries sum to zero.");
}

async function settleOne(
  server: BenchServer,
  database: Database,
  vault: Vault,
  payeeId: string,
  size: number,
): Promise<Settled> {
  const began = performance.now();
  const developmentId = await holdPledges(vault, database, size);
  await server.settle();
  const before = liveHeap();
  const held = performance.now();
  let authorised = held;
  const { peak } = await watchHeap(async () => {
    await database.transact((tx) => vault.settle(tx, developmentId, [{ payeeId, basisPoints: 10_000 }]));
    await vault.advance(developmentId);
    authorised = performance.now();
    await carryOut(database, vault, developmentId);
  });
  const done = performance.now();
  const after = liveHeap();
  await prove(server, database, vault, developmentId, size);
  return {
    prepareMs: held - began,
    authoriseMs: authorised - held,
    carryOutMs: done - authorised,
    growth: after - before,
    peakGrowth: peak - before,
  };
}

/** As the worker does it: what is due is carried out again and again, until nothing of the development waits. */
async function carryOut(database: Database, vault: Vault, developmentId: string): Promise<void> {
  const unfinished = { developmentId, state: { in: ["held", "settling"] } };
  for (let idle = 0; idle < 100;) {
    const settled = await vault.performDue({ developmentId });
    if (settled > 0) {
      idle = 0;
      continue;
    }
    if ((await database.payment.findFirst({ where: unfinished, select: { id: true } })) === null) return;
    await vault.advance(developmentId);
    idle += 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the settlement does not come to an end: nothing is due, and some pledges are not paid");
}

async function prove(
  server: BenchServer,
  database: Database,
  vault: Vault,
  developmentId: string,
  size: number,
): Promise<void> {
  const paid = await database.payment.count({ where: { developmentId, state: "paid" } });
  if (paid !== size) throw new Error(`${paid} of ${size} pledges are paid`);
  const findings = [...(await ledgerFindings(server)), ...(await vault.check()).findings];
  if (findings.length > 0) throw new Error(`the books are broken: ${findings.slice(0, 5).join("; ")}`);
}

async function startProcessor(): Promise<AsyncDisposable & { url: string }> {
  const child = fork(new URL("processor.ts", import.meta.url), { execArgv: [] });
  const exited = once(child, "exit");
  const [told] = (await Promise.race([
    once(child, "message"),
    exited.then(() => Promise.reject(new Error("the simulator did not start"))),
  ])) as [{ url: string }];
  return {
    url: told.url,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
