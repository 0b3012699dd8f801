import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import {
  DeadlineService,
  DevelopmentService,
  ForgeHintService,
  policyInForce,
  rankOldest,
  PaymentService,
  PreviewWatch,
  ReleaseService,
  SettlementService,
  MirrorKeeping,
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
}

/**
 * Every recurring job, on this page. Each looks in the database for what is due or was forgotten, so that losing the queue,
 * or a worker, costs time and nothing else. Several workers may run all of them at once.
 */
export function scheduleOf(app: INestApplicationContext, log: Logger): Recurring[] {
  const database = app.get(Database);
  const vault = app.get(Vault);
  const developments = app.get(DevelopmentService);
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
  return [
    {
      name: "deadline.sweep",
      everyMs: 1000,
      run: () =>
        deadlines.sweep((deadline, error) =>
          log.warn({ deadline, error: String(error) }, "deadline will be tried again"),
        ),
    },
    { name: "intent.sweep", everyMs: 2000, run: () => vault.performDue() },
    {
      name: "settlement.sweep",
      everyMs: 5000,
      run: async () => each(await settlements.unfinished(database), (id) => settlements.advance(database, id)),
    },
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
    {
      name: "baseline.sweep",
      everyMs: 15_000,
      run: async () =>
        each(await developments.withoutBaseline(database), (id) => developments.takeBaseline(database, id)),
    },
    // 003-43: previews have to stay up; each is due every quarter of an hour.
    { name: "preview.visit", everyMs: 15_000, run: () => watch.visitDue(database) },
    {
      name: "release.sweep",
      everyMs: 15_000,
      run: async () => each(await releases.unchecked(database), (id) => releases.check(database, id)),
    },
    {
      name: "verification.sweep",
      everyMs: 30_000,
      run: async () => each(await releaseWatch.claimDue(database), (id) => releaseWatch.recheck(database, id)),
    },
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
