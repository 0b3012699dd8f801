import type Stripe from "stripe";
import { formatMoney, type Money, newId, usd } from "@freehold/values";
import type { Database, Tx } from "@freehold/database";
import { completeTask, raiseTask } from "../tasks.ts";
import { atProcessor, booked, type Booked, underWay } from "./standing.ts";

/** Why no transfer and no withdrawal goes out. None of it ever stops a refund. */
export type TransferStopCause = "insolvent" | "unplanned_payout" | "books_broken";

/** What a person is asked to do, and under which name it stands in their queue. */
const tasks: Record<TransferStopCause, { kind: string; nextStep: string }> = {
  insolvent: {
    kind: "insolvent",
    nextStep: "Top up the balance at the processor and find out what is missing; transfers go on by themselves then.",
  },
  unplanned_payout: {
    kind: "payout_unplanned",
    nextStep:
      "Find out who made the payout, see that the payout schedule is manual, and top up what is missing of own funds; transfers go on by themselves then.",
  },
  books_broken: {
    kind: "books_broken",
    nextStep:
      "Read the findings of the last proof of the books and correct what they name; a clean proof lifts the stop.",
  },
};

const taskKey = (stopId: string) => `transfer_stop:${stopId}`;
/** One review at a time, so that two do not open and lift over each other. */
const REVIEW_LOCK = 4_200_001;
const FLOOR_MINOR = 100_000n;
const FLOOR_BASIS_POINTS = 200n;

/** The least own funds that must stay: the greater of $1,000 and 2 % of what is held, USD minor units. */
export function floorOf(heldMinor: bigint): bigint {
  const share = (heldMinor * FLOOR_BASIS_POINTS) / 10_000n;
  return share > FLOOR_MINOR ? share : FLOOR_MINOR;
}

/** Stops transfers and withdrawals, and tells a person. The same cause and subject stop once, however often it is met. */
export async function stopTransfers(
  tx: Tx,
  cause: TransferStopCause,
  subject: string,
  sentence: string,
  amount?: Money,
): Promise<void> {
  const id = newId();
  const opened = await tx.$executeRaw`
    INSERT INTO transfer_stop (id, cause, subject, sentence, since) VALUES (${id}::uuid, ${cause}, ${subject}, ${sentence}, clock_now())
    ON CONFLICT (cause, subject) WHERE lifted_at IS NULL DO NOTHING`;
  if (opened === 0) return;
  await raiseTask(tx, {
    key: taskKey(id),
    ...tasks[cause],
    cause: sentence,
    subjectId: id,
    ...(amount === undefined ? {} : { amount }),
  });
}

/** Lifts a stop and closes its task. A stop that is not open stays as it is. */
export async function liftStop(tx: Tx, cause: TransferStopCause, subject: string, note: string): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE transfer_stop SET lifted_at = clock_now() WHERE cause = ${cause} AND subject = ${subject} AND lifted_at IS NULL
    RETURNING id`;
  for (const { id } of rows) await completeTask(tx, taskKey(id), note);
}

/** The first reason why no transfer and no withdrawal may go out now; null when they may. */
export async function reasonToWait(from: Pick<Tx, "transferStop">): Promise<string | null> {
  const stop = await from.transferStop.findFirst({
    where: { liftedAt: null },
    orderBy: [{ since: "asc" }, { id: "asc" }],
  });
  return stop?.sentence ?? null;
}

/** Sees to it that nothing leaves the balance at the processor by itself. @returns whether it is so */
export async function keepPayoutsManual(stripe: Stripe): Promise<boolean> {
  const manual = (settings: Stripe.BalanceSettings) => settings.payments.payouts?.schedule?.interval === "manual";
  if (manual(await stripe.balanceSettings.retrieve())) return true;
  return manual(await stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: "manual" } } } }));
}

/** What stops transfers: opened and lifted here, asked for before each transfer. */
export class TransferStops {
  readonly #database: Database;
  readonly #stripe: Stripe;

  constructor(database: Database, stripe: Stripe) {
    this.#database = database;
    this.#stripe = stripe;
  }

  /** @param amount what is missing or left, for the person who has the task */
  stop(tx: Tx, cause: TransferStopCause, subject: string, sentence: string, amount?: Money): Promise<void> {
    return stopTransfers(tx, cause, subject, sentence, amount);
  }

  lift(tx: Tx, cause: TransferStopCause, subject: string, note: string): Promise<void> {
    return liftStop(tx, cause, subject, note);
  }

  /** The stops in force, oldest first. */
  async open(): Promise<{ cause: TransferStopCause; subject: string; sentence: string; since: Date }[]> {
    const rows = await this.#database.transferStop.findMany({
      where: { liftedAt: null },
      orderBy: [{ since: "asc" }, { id: "asc" }],
      select: { cause: true, subject: true, sentence: true, since: true },
    });
    return rows.map((row) => ({ ...row, cause: row.cause as TransferStopCause }));
  }

  /** Why no transfer may go out now, or null. Asked before each of them. */
  reason(): Promise<string | null> {
    return reasonToWait(this.#database);
  }

  /**
   * Looks whether what we owe is covered, whether own funds are back above the floor, and what the last proof of the books
   * said: opens stops and lifts them by itself. Calls the processor; takes no transaction.
   */
  async review(): Promise<void> {
    const open = await this.open();
    const unplanned = open.some((stop) => stop.cause === "unplanned_payout");
    // Where it cannot be asked the stop stays, until it can or a person lifts it; everything else is looked at all the same.
    const manual = unplanned && (await keepPayoutsManual(this.#stripe).catch(() => false));
    const there = await atProcessor(this.#stripe);
    await this.#database.transact(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${REVIEW_LOCK})`;
      // In this order: a call that is booked between the two is counted as under way, never as missing.
      const onTheWay = await underWay(tx);
      const books = await booked(tx);
      await coverage(tx, books, there, onTheWay);
      if (manual && books.clearing - books.owed >= floorOf(books.held))
        for (const stop of open.filter(({ cause }) => cause === "unplanned_payout"))
          await liftStop(tx, stop.cause, stop.subject, "Own funds are above the floor again, and payouts are manual.");
      await lastProof(tx);
    });
  }
}

/** What we owe must be covered twice: by what our books say lies at the processor, and by what the processor says. */
async function coverage(tx: Tx, books: Booked, there: bigint, onTheWay: bigint): Promise<void> {
  const covered = books.clearing < there + onTheWay ? books.clearing : there + onTheWay;
  const missing = books.owed - covered;
  if (missing <= 0n) return liftStop(tx, "insolvent", "USD", "What we owe lies at the processor again, all of it.");
  const say = (minor: bigint) => formatMoney(usd(minor), { cents: true });
  return stopTransfers(
    tx,
    "insolvent",
    "USD",
    `We owe ${say(books.owed)}; by our books ${say(books.clearing)} lies at the processor, and it says ${say(there)}.`,
    usd(missing),
  );
}

async function lastProof(tx: Tx): Promise<void> {
  const proof = await tx.booksProof.findFirst({ orderBy: [{ at: "desc" }, { id: "desc" }] });
  if (proof === null) return;
  if (proof.balanced) return liftStop(tx, "books_broken", "books", "The books have proved themselves again.");
  const findings = proof.findings as string[];
  return stopTransfers(
    tx,
    "books_broken",
    "books",
    `The books did not prove themselves at ${proof.at.toISOString()}: ${findings.length} findings, the first: ${findings[0] ?? "none"}`,
  );
}
