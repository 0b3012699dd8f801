import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import {
  Baselines,
  DeadlineService,
  ForgeHintService,
  policyInForce,
  rankOldest,
  PaymentService,
  PreviewWatch,
  ReleaseService,
  SettlementService,
  MirrorKeeping,
  OutwardWork,
  ReleaseWatch,
} from "@freehold/journey";
import { DAY_MS, HOUR_MS } from "@freehold/values";
import type { INestApplicationContext } from "@nestjs/common";
import type { Logger } from "pino";

export interface Recurring {
  name: string;
  /** Machine time between the end of one run and the start of the next, milliseconds. */
  everyMs: number;
  run(): Promise<unknown>;
  /** What a run only begins has ended: waited for when the worker stops. */
  finished?(): Promise<void>;
}

/**
 * Every recurring job, on this page. Each looks in the database for what is due or was forgotten, so that losing the queue,
 * or a worker, costs time and nothing else. Several workers may run all of them at once.
 */
export function scheduleOf(app: INestApplicationContext, log: Logger): Recurring[] {
  const database = app.get(Database);
  const vault = app.get(Vault);
  const baselines = app.get(Baselines);
  const watch = app.get(PreviewWatch);
  const releases = app.get(ReleaseService);
  const releaseWatch = app.get(ReleaseWatch);
  const mirrors = app.get(MirrorKeeping);
  const hints = app.get(ForgeHintService);
  const payments = app.get(PaymentService);
  const settlements = app.get(SettlementService);
  const deadlines = app.get(DeadlineService);
  const each = async (ids: string[], work: (id: string) => Promise<unknown>) => {
    for (const id of ids)
      await work(id).catch((error: unknown) => log.warn({ id, error: String(error) }, "will be tried again"));
  };
  const outward = () => new OutwardWork((id, error) => log.warn({ id, error: String(error) }, "will be tried again"));
  /** Work that a repository's server can hold up: a few at the same time, and the run does not wait for the last of them. */
  const outwardJob = (
    name: string,
    everyMs: number,
    due: () => Promise<string[]>,
    work: (id: string) => Promise<unknown>,
  ): Recurring => {
    const hands = outward();
    return {
      name,
      everyMs,
      run: async () => hands.beginAll(await due(), work),
      finished: () => hands.finished(),
    };
  };
  const onDeadlines = outward();
  return [
    {
      name: "deadline.sweep",
      everyMs: 1000,
      run: () =>
        deadlines.beginDue(onDeadlines, (deadline, error) =>
          log.warn({ deadline, error: String(error) }, "deadline will be tried again"),
        ),
      finished: () => onDeadlines.finished(),
    },
    { name: "intent.sweep", everyMs: 2000, run: () => vault.performDue() },
    outwardJob(
      "settlement.sweep",
      5000,
      () => settlements.unfinished(database),
      (id) => settlements.advance(database, id),
    ),
    {
      // What is held again, or only now, though its development's ending is decided.
      name: "batch.sweep",
      everyMs: 5000,
      run: async () => each(await vault.unfinished(), (id) => vault.advance(id)),
    },
    {
      name: "payment.sweep",
      everyMs: 30_000,
      run: async () => each(await vault.unheard(), (id) => payments.paymentChanged(database, id)),
    },
    {
      name: "inbox.sweep",
      everyMs: 5000,
      run: async () => each(await vault.inbox.forgotten(), (id) => payments.eventArrived(database, id)),
    },
    outwardJob(
      "baseline.sweep",
      15_000,
      () => baselines.missing(database),
      (id) => baselines.take(database, id),
    ),
    // 003-43: previews have to stay up; each is due every quarter of an hour.
    { name: "preview.visit", everyMs: 15_000, run: () => watch.visitDue(database) },
    outwardJob(
      "release.sweep",
      15_000,
      () => releases.unchecked(database),
      (id) => releases.check(database, id),
    ),
    outwardJob(
      "verification.sweep",
      30_000,
      () => releaseWatch.claimDue(database),
      (id) => releaseWatch.recheck(database, id),
    ),
    // Copies of repositories that no open proposal needs any more; bundles and evidence stay.
    { name: "mirror.sweep", everyMs: HOUR_MS, run: () => mirrors.sweep(database) },
    {
      name: "forge_hint.sweep",
      everyMs: 60_000,
      run: async () => {
        await each(await hints.forgotten(database), (id) => hints.hinted(database, id));
        await hints.lookAgain(database);
      },
    },
    // Knots post nothing by themselves: what they would tell is fetched.
    { name: "knot.events", everyMs: 600_000, run: () => hints.readKnots(database) },
    { name: "forge_hint.prune", everyMs: DAY_MS, run: () => hints.prune(database) },
    {
      // What was told while nobody listened. The first run after a start looks back as far as the processor remembers.
      name: "inbox.backfill",
      everyMs: HOUR_MS,
      run: async () => {
        while ((await vault.backfill.run()).more);
      },
    },
    { name: "inbox.prune", everyMs: DAY_MS, run: () => vault.inbox.prune() },
    { name: "movement.take", everyMs: 60_000, run: () => vault.movements.take() },
    { name: "movement.reconcile", everyMs: DAY_MS, run: () => vault.movements.reconcile() },
    { name: "balance.checkpoint", everyMs: HOUR_MS, run: () => vault.checkpoints.keep() },
    // Ends with a review of what stops transfers.
    { name: "books.prove", everyMs: 60_000, run: () => vault.checkAndKeep() },
    {
      name: "proposal.rank",
      everyMs: 60_000,
      run: () => database.transact(async (tx) => rankOldest(tx, (await policyInForce(tx)).policy)),
    },
  ];
}
