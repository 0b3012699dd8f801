import type { Failure } from "@freehold/local-world";
import { DAY_MS, HOUR_MS, isRefusal, newId } from "@freehold/values";
import type { Tx } from "@freehold/database";
import type { RefundKind } from "../refund.ts";
import type { PayeeShare } from "../settle.ts";
import type { Vault } from "../vault.ts";
import { type Body, DIED, type OfficeHolder } from "./mortal.ts";
import { follow, type Meddling, newStoryModel, type PledgeModel, type StoryModel } from "./story-model.ts";
import type { Till } from "./till.ts";

/** A held pledge is decided about by then, at the latest (DESIGN 4, decide by). */
export const LATEST_MS = 71 * DAY_MS;
const KEY_FORGOTTEN_MS = 25 * HOUR_MS;

/** What all stories of a test file share. */
export interface StoryGround {
  till: Till;
  healthy: OfficeHolder;
  body: Body;
  payees: string[];
  accounts: Map<string, string>;
}

/** What each kind of meddling is told by: the type of message that makes a reader look at it. */
const hints = {
  bank: "charge.dispute.updated",
  by_hand: "charge.refunded",
  sent_back: "refund.failed",
  warned: "radar.early_fraud_warning.created",
  reversed: "transfer.reversed",
  reclaimed: "transfer.reversed",
} as const;

/** One development's story in the real world: the vault, the processor, the clock; and the deadline sweep of the rooms. */
export class Tale {
  readonly model: StoryModel = newStoryModel();
  readonly developmentId = newId();
  readonly ground: StoryGround;
  /** The process dies after so many effects; 0 when it lives. */
  dying = 0;
  deaths = 0;
  #dead = false;
  #over = false;

  constructor(ground: StoryGround) {
    this.ground = ground;
  }

  get till(): Till {
    return this.ground.till;
  }

  /** Something our process does. When it dies in the middle, whoever asked for it asks again. */
  async act<Result>(work: (holder: OfficeHolder) => Promise<Result>): Promise<Result> {
    if (this.dying > 0) {
      const life = this.ground.body.live({ atEffect: this.dying });
      const result = await life.run(work);
      this.dying = Math.max(0, this.dying - life.effects.length);
      if (result !== DIED) return result;
      this.dying = 0;
      this.deaths += 1;
      this.#dead = true;
    }
    return work(this.ground.healthy);
  }

  transact<Result>(work: (tx: Tx, vault: Vault) => Promise<Result>): Promise<Result> {
    return this.act(({ database, vault }) => database.transact((tx) => work(tx, vault)));
  }

  /** Does something that has to be refused with this code, or not at all. @returns whether it was done */
  async verb(expected: string | null, work: (tx: Tx, vault: Vault) => Promise<unknown>): Promise<boolean> {
    const refused = await this.transact(work).then(
      () => null,
      (error: unknown) => {
        if (isRefusal(error)) return error.code;
        throw error;
      },
    );
    if (refused !== expected) throw new Error(`refused with ${refused}, should be ${expected}`);
    return refused === null;
  }

  row(pledge: PledgeModel) {
    return this.till.database.payment.findUniqueOrThrow({ where: { id: pledge.id } });
  }

  /** Whether a pledge went back as a part that was everything. */
  async wasAll(pledge: PledgeModel, amount: bigint): Promise<boolean> {
    const where = { paymentId: pledge.id, purpose: "return", kind: "pledge", fromHoldMinor: amount };
    return (await this.till.database.refund.count({ where })) > 0;
  }

  async now(): Promise<number> {
    return (await this.till.database.now()).getTime();
  }

  /** Reads one payment at the processor and books what is seen, as when a message of this type has come. */
  look(pledge: PledgeModel, hint?: string): Promise<void> {
    return this.act(async ({ database, vault }) => {
      const seen = await vault.observe(pledge.id, hint);
      await database.transact((tx) => vault.apply(tx, seen));
    });
  }

  /** Looks at everything about which there may be news. */
  async lookAtAll(): Promise<void> {
    const rows = await this.till.market.asOwner<{ id: string }>(
      "SELECT id FROM payment WHERE development_id = $1 AND state IN ('opened', 'refunding')",
      [this.developmentId],
    );
    const open = new Set(rows.map((row) => row.id));
    for (const pledge of this.model.pledges.filter((one) => open.has(one.id) || one.meddled.size > 0)) {
      const told = new Set<string | undefined>([...pledge.meddled].map((kind) => hints[kind]));
      if (told.size === 0) told.add(undefined);
      for (const hint of told) await this.look(pledge, hint);
    }
  }

  /** Whatever waits by the machine's clock waits no longer. */
  async hasten(): Promise<void> {
    await this.till.market.asOwner(`
      UPDATE intent SET due_at = now() - interval '1 second', absent_at = absent_at - interval '10 minutes'
      WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN')`);
    this.#dead = false;
  }

  /** What the worker does all the time. */
  async work(): Promise<void> {
    if (this.#dead) await this.hasten();
    await this.act(({ vault }) => vault.performDue());
  }

  /** From now on no charge counts, and no page stays open. */
  async close(): Promise<void> {
    if (this.model.closed) return;
    this.model.closed = true;
    const at = new Date(await this.now());
    await this.transact((tx, vault) => vault.close(tx, this.developmentId, at));
    await this.till.market.wind("2 seconds");
  }

  async expirePages(): Promise<void> {
    await this.act(async ({ vault }) => {
      for (const id of await vault.openCheckouts(this.developmentId)) await vault.expireCheckout(id).catch(() => {});
    });
  }

  async refundAll(refundKind: RefundKind): Promise<void> {
    const { model } = this;
    await this.transact((tx, vault) => vault.refundAll(tx, this.developmentId, refundKind, "decided"));
    model.batch ??= { kind: "refund", refundKind };
    for (const pledge of model.pledges) follow(model, pledge);
  }

  async settle(lines: PayeeShare[], returned: Set<string>): Promise<void> {
    const { model } = this;
    await this.transact((tx, vault) => vault.settle(tx, this.developmentId, lines, returned));
    model.batch ??= { kind: "settle", lines, returned };
    for (const pledge of model.pledges) follow(model, pledge);
  }

  /** The latest moment at which this story has to be decided; infinite while nothing was charged. */
  latestDay(): number {
    const charged = this.model.pledges.filter((pledge) => pledge.charged !== "no").map((pledge) => pledge.chargedAt);
    return Math.min(Infinity, ...charged) + LATEST_MS;
  }

  /** Lets the clock run; the worker's sweeps and the deadlines of the rooms happen on the way. */
  async wind(ms: number): Promise<void> {
    const until = (await this.now()) + ms;
    const latest = this.latestDay();
    if (!this.#over && latest <= until) {
      const left = latest - (await this.now());
      if (left > 0) await this.wind(left - 1);
      await this.windTo(latest);
      await this.runOutOfTime();
    }
    // What the processor keeps an answer for a day for is found out about on the way, as the worker would.
    if (ms > KEY_FORGOTTEN_MS && (await this.#underWay())) {
      await this.windTo(Math.min(until, (await this.now()) + KEY_FORGOTTEN_MS));
      for (let round = 0; round < 4; round += 1) await this.sweep();
    }
    await this.windTo(until);
    if (ms >= HOUR_MS) await this.sweep();
  }

  async #underWay(): Promise<boolean> {
    const [row] = await this.till.market.asOwner<{ under_way: boolean }>(
      "SELECT EXISTS (SELECT 1 FROM intent WHERE development_id = $1 AND state IN ('SENT', 'UNKNOWN')) AS under_way",
      [this.developmentId],
    );
    return row!.under_way;
  }

  /** Lets the clock run and nothing else happen. */
  async windTo(moment: number): Promise<void> {
    const ms = moment - (await this.now());
    if (ms > 0) await this.till.market.wind(`${Math.ceil(ms)} milliseconds`);
    for (const pledge of this.model.pledges) {
      if (moment - pledge.chargedAt > 4 * DAY_MS) this.#answered(pledge);
      follow(this.model, pledge, moment - pledge.chargedAt >= LATEST_MS);
    }
  }

  #answered(pledge: PledgeModel): void {
    if (!pledge.delayed) return;
    pledge.delayed = false;
    follow(this.model, pledge);
  }

  /** Looks for what nobody told us of, and carries out what is due. */
  async sweep(): Promise<void> {
    await this.hasten();
    for (const id of await this.ground.healthy.vault.unheard()) {
      const pledge = this.model.pledges.find((one) => one.id === id);
      if (pledge !== undefined) await this.look(pledge);
    }
    await this.act(({ vault }) => vault.advance(this.developmentId));
    await this.work();
  }

  /** The rooms on the latest day: what nobody decided goes back whole, and a settlement ends. */
  async runOutOfTime(): Promise<void> {
    this.#over = true;
    await this.close();
    await this.expirePages();
    await this.lookAtAll();
    if (this.model.batch === null) await this.refundAll("whole");
    for (const pledge of this.model.pledges)
      if (pledge.stops.size > 0 || this.model.restricted.size > 0) pledge.stalled = true;
    for (let look = 0; look < 12; look += 1) {
      if ((await this.transact((tx, vault) => vault.endSettlement(tx, this.developmentId))) === "ended") return;
      await this.hasten();
      await this.work();
      if (look > 5) await this.windTo((await this.now()) + 5 * HOUR_MS);
    }
    throw new Error("the settlement does not end");
  }

  fail(times: number, failure: Failure): Promise<void> {
    return this.till.stripe.failNext(times, failure);
  }

  async freePayees(): Promise<void> {
    for (const payee of this.model.restricted)
      await this.till.stripe.setCapability(this.ground.accounts.get(payee)!, "active");
    this.model.restricted.clear();
  }

  async chargeOf(pledge: PledgeModel): Promise<string | null> {
    return (await this.row(pledge)).chargeId;
  }

  /** Somebody else does something to a charge; the processor may refuse it, or do it although it answers with a failure. */
  async meddle(pledge: PledgeModel, kind: Meddling, does: () => Promise<unknown>): Promise<void> {
    const refused = await does().then(
      () => false,
      (error: unknown) => (kind === "by_hand" || kind === "reversed" ? /: 4\d\d /.test(String(error)) : true),
    );
    if (!refused) pledge.meddled.add(kind);
  }

  /** A case's stop is lifted, and what is free goes on. */
  async dismiss(subject: string): Promise<void> {
    const ids = this.model.pledges.map((pledge) => pledge.id);
    await this.transact((tx, vault) => vault.resume(tx, ids, { cause: "case", subject }));
    await this.act(({ vault }) => vault.advance(this.developmentId));
    for (const pledge of this.model.pledges) {
      pledge.stops.delete(subject);
      follow(this.model, pledge);
    }
  }
}
