import { isDeepStrictEqual, inspect } from "node:util";
import type { Database } from "@freehold/database";
import { DAY_MS, newId, usd } from "@freehold/values";
import type { ProcessorOptions } from "../stripe/client.ts";
import { Vault } from "../vault.ts";
import { Body, DIED, type Life, type OfficeHolder, type Point } from "./mortal.ts";
import { pictureOf } from "./picture.ts";
import { openPostBox, type PostBox } from "./post-box.ts";
import type { Till } from "./till.ts";
import { goRound, takeIn, workOnMessages } from "./worker.ts";

const SECRET = "whsec_for_crashes";
const QUIET_AFTER_ROUNDS = 40;
/** After so many broken points the rest would say the same. */
const ENOUGH = 5;

/** A faulty build, to see that the harness would notice it. */
export interface Fault {
  build?: (database: Database, options: ProcessorOptions) => Vault;
  garble?: (headers: Record<string, unknown>) => Record<string, unknown>;
}

/** One development's story, told by a process that may be killed in the middle; then a second one takes over. */
export class Scene {
  readonly developmentId = newId();
  readonly till: Till;
  readonly #life: Life;
  readonly #healthy: OfficeHolder;
  readonly #box: PostBox;

  constructor(till: Till, life: Life, healthy: OfficeHolder, box: PostBox) {
    this.till = till;
    this.#life = life;
    this.#healthy = healthy;
    this.#box = box;
  }

  /** Something our process does. If it is killed, another one clears up, and whoever asked for it asks again. */
  async act<Result>(work: (holder: OfficeHolder) => Promise<Result>): Promise<Result> {
    if (!this.#life.dead) {
      const result = await this.#life.run(work);
      if (result !== DIED) return result;
      await this.recover();
    }
    return work(this.#healthy);
  }

  /** The processor's messages arrive and are worked on. */
  async post(): Promise<void> {
    await this.till.stripe.tick();
    await this.till.market.stripe.drained();
    await this.act(async (holder) => {
      await takeIn(holder, this.#box);
      await workOnMessages(holder);
    });
  }

  /** None of the messages that wait ever arrives. */
  async losePost(): Promise<void> {
    await this.till.market.stripe.drained();
    this.#box.letters.splice(0);
  }

  /** The worker's rounds, until there is nothing left to do. */
  async rounds(): Promise<void> {
    await this.act(async (holder) => {
      while ((await goRound(holder)) > 0);
    });
  }

  /** A second process finds what was left, as soon as leases have run out and messages count as forgotten. */
  async recover(): Promise<void> {
    for (let round = 0; round < QUIET_AFTER_ROUNDS; round += 1) {
      await this.hasten();
      const taken = await takeIn(this.#healthy, this.#box);
      if (taken + (await goRound(this.#healthy)) === 0) return;
    }
    throw new Error("the second process does not come to an end");
  }

  async hasten(): Promise<void> {
    await this.till.market.asOwner(`
      WITH intents AS (UPDATE intent SET due_at = now() - interval '1 second' WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN'))
      UPDATE inbox_event SET due_at = now() - interval '1 second' WHERE state = 'stored'`);
  }

  /** Something that happens outside: no process of ours does it. */
  world(happens: (till: Till) => Promise<unknown>): Promise<unknown> {
    return happens(this.till);
  }

  async chargeOf(paymentId: string): Promise<string> {
    return (await this.till.database.payment.findUniqueOrThrow({ where: { id: paymentId } })).chargeId!;
  }

  /** The processor lets a payee be paid, or does not. */
  async capability(payeeId: string, status: "active" | "restricted"): Promise<void> {
    const { accountId } = await this.till.database.payoutAccount.findUniqueOrThrow({ where: { partyId: payeeId } });
    await this.till.stripe.setCapability(accountId!, status);
    await this.losePost();
  }

  /** A party pledges, as a browser that asks again with the same key when it gets no answer. */
  async pledge(amount: bigint, card?: string): Promise<string> {
    return this.#pay(amount, card, (holder, tx, payment) =>
      holder.vault.hold(tx, payment, new Date(Date.now() + 3650 * DAY_MS)),
    );
  }

  async donate(amount: bigint, payeeId: string): Promise<string> {
    const { accountId } = await this.till.vault.accounts.refresh(payeeId);
    return this.#pay(amount, undefined, ({ vault }, tx, payment) =>
      vault.donate(tx, payment, { payeeId, accountId: accountId! }),
    );
  }

  async #pay(
    amount: bigint,
    card: string | undefined,
    write: (
      holder: OfficeHolder,
      tx: Parameters<Vault["hold"]>[0],
      payment: Parameters<Vault["hold"]>[1],
    ) => Promise<string>,
  ): Promise<string> {
    const { developmentId } = this;
    const page = "http://127.0.0.1:4000/payments";
    const payment = {
      id: newId(),
      developmentId,
      payerId: newId(),
      amount: usd(amount),
      serviceFee: usd(110n),
      platformFeeBasisPoints: 500,
      title: "Read threads offline",
      successUrl: `${page}/back`,
      cancelUrl: `${page}/cancelled`,
    };
    await this.act(async (holder) => {
      const intentId = await holder.database.transact(
        async (tx) =>
          (await holder.vault.begun(tx, payment.id, { developmentId, amountMinor: amount })) ??
          write(holder, tx, payment),
      );
      await holder.vault.perform(intentId);
    });
    await this.till.pay(payment.id, card === undefined ? undefined : { number: card });
    await this.post();
    return payment.id;
  }

  /** A pledge that is held already when the story begins. */
  async held(amount: bigint, card?: string): Promise<string> {
    const id = await this.till.paid(this.developmentId, { amount, ...(card === undefined ? {} : { card }) });
    await this.losePost();
    return id;
  }
}

export type Scenario = (scene: Scene) => Promise<void>;

/** One database, one processor and one post box for all crashes of a test file. */
export class CrashGround {
  readonly till: Till;
  readonly #box: PostBox;
  readonly #healthy: OfficeHolder;
  readonly #options: ProcessorOptions;
  readonly #bodies: Body[] = [];

  constructor(till: Till, box: PostBox) {
    this.till = till;
    this.#box = box;
    this.#options = { secretKey: "sk_test_market", webhookSecret: SECRET, apiUrl: till.market.stripe.url };
    this.#healthy = { database: till.database, vault: new Vault(till.database, this.#options) };
  }

  /**
   * Tells a story once undisturbed, then once for each effect it had outside the process, killing it there.
   * @returns the points, and a sentence for each after which the world did not end as it should
   */
  async everyPoint(scenario: Scenario, fault: Fault = {}): Promise<{ points: string[]; broken: string[] }> {
    const body = new Body(this.till.market.appUrl, this.#options, fault.build);
    this.#bodies.push(body);
    const everyAwait = process.env["FREEHOLD_EVERY_AWAIT"] === "1";
    const ends = { everyAwait, ...(fault.garble === undefined ? {} : { garble: fault.garble }) };
    const whole = body.live(ends);
    const expected = await this.#tell(scenario, whole);
    if (typeof expected === "string") throw new Error(`undisturbed: ${expected}`);
    const counts = new Map<string, number>();
    const points = whole.effects.map((name): Point => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return { name, nth: counts.get(name)! };
    });
    const broken: string[] = [];
    for (const at of points) {
      if (broken.length >= ENOUGH) break;
      const life = body.live({ ...ends, at });
      const where = `killed at “${at.name}” (${at.nth})`;
      const end = await this.#tell(scenario, life).catch((error: unknown) => `${String(error)}`);
      if (!life.dead) broken.push(`${where}: it was never reached`);
      if (typeof end === "string") broken.push(`${where}: ${end}`);
      else if (!isDeepStrictEqual(end, expected)) broken.push(`${where}: ${differenceOf(expected, end)}`);
    }
    return { points: whole.effects, broken };
  }

  /** @returns how the world stands at the end, or what is wrong with it */
  async #tell(scenario: Scenario, life: Life): Promise<object | string> {
    const scene = new Scene(this.till, life, this.#healthy, this.#box);
    await scene.losePost();
    await scenario(scene);
    await scene.losePost();
    const [open] = await this.till.market.asOwner<{ open: number }>(`
      SELECT (SELECT count(*) FROM intent WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN'))
        + (SELECT count(*) FROM inbox_event WHERE state <> 'applied') + (SELECT count(*) FROM outbox) AS open`);
    if (Number(open!.open) > 0) return `${open!.open} intents, messages or jobs are left`;
    const { findings } = await this.till.vault.check(scene.developmentId);
    if (findings.length > 0) return `the books do not prove themselves: ${findings.join("; ")}`;
    return pictureOf(this.till, scene.developmentId);
  }

  async close(): Promise<void> {
    for (const body of this.#bodies) await body.close();
    await this.#box.close();
    await this.till.close();
  }
}

function differenceOf(expected: object, found: object): string {
  const parts = Object.keys(expected) as (keyof typeof expected)[];
  return parts
    .filter((part) => !isDeepStrictEqual(expected[part], found[part]))
    .map(
      (part) =>
        `${part}: ${inspect(found[part], { breakLength: 200 })} instead of ${inspect(expected[part], { breakLength: 200 })}`,
    )
    .join("; ");
}

export async function openCrashGround(till: Till): Promise<CrashGround> {
  // Refunds are not to wait for money here; and what was said about payees while they set up how they are paid is read.
  await till.stripe.topUp(5_000_000);
  await till.vault.movements.take();
  await till.takePost();
  const box = await openPostBox();
  await till.stripe.setWebhook({ url: box.url, secret: SECRET });
  return new CrashGround(till, box);
}
