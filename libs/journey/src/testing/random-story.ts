import type { Failure } from "@freehold/local-world";
import { payCheckout } from "@freehold/local-world";
import { type Story, VISA } from "@freehold/testing";
import { isRefusal, newId } from "@freehold/values";
import { DevelopmentService } from "../development/development.service.ts";
import { DonationService } from "../donation/donation.service.ts";
import { PledgeService } from "../pledge/pledge.service.ts";
import { admit, usd } from "./told.ts";

export const backers = ["alice", "bob", "carla", "erin"] as const;
export const staff = ["frank", "grace", "heidi"] as const;
export const stepKinds = {
  forward: 9,
  estimate: 2,
  donate: 2,
  pledge: 7,
  openPage: 2,
  payPage: 2,
  heldPost: 2,
  takeBack: 2,
  decline: 1,
  giveUp: 1,
  badRelease: 1,
  hideCode: 1,
  confirm: 2,
  dispute: 2,
  admit: 1,
  rule: 2,
  stop: 1,
  wind: 3,
  twice: 1,
  fail: 2,
  restrict: 1,
} as const;
export type StepKind = keyof typeof stepKinds;

export interface Step {
  kind: StepKind;
  /** Chooses among people, cards, kinds of failure. */
  pick: number;
  minor: bigint;
  hours: number;
}

const cards = [VISA, VISA, VISA, "4000000000000002", "4000000000007726", "4000000000000077"];
const failures: readonly Failure[] = [
  { status: 429, path: "/v1/refunds", method: "POST" },
  { status: 409, path: "/v1/transfers", method: "POST" },
  { status: "reset_after", path: "/v1/refunds", method: "POST" },
  { status: "reset_after", path: "/v1/transfers", method: "POST" },
  { status: "500_after", path: "/v1/transfers", method: "POST" },
  { status: 500, path: "/v1/refunds", method: "POST" },
  { status: "reset_after", path: /\/v1\/checkout\/sessions$/, method: "POST" },
];

/** One proposal and what may befall it, legal or not: a refusal is an answer, anything else thrown is a fault. */
export class RandomStory {
  readonly #story: Story;
  readonly #repository: { owner: string; name: string; url: string };
  readonly #pages: string[] = [];
  proposalId = "";

  constructor(story: Story, repository: { owner: string; name: string; url: string }) {
    this.#story = story;
    this.#repository = repository;
  }

  async tell(steps: readonly Step[]): Promise<void> {
    this.proposalId = await this.#story.propose("alice");
    for (const step of steps) {
      try {
        await this.#take(step);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        continue;
      }
      await this.#story.drain();
    }
    await this.end();
  }

  async #take({ kind, pick, minor, hours }: Step): Promise<void> {
    const story = this.#story;
    const { control } = story.market.stripe;
    const { stage, currentDevelopmentId } = await story.database.proposal.findUniqueOrThrow({
      where: { id: this.proposalId },
    });
    const development = currentDevelopmentId ?? newId();
    const backer = backers[pick % backers.length]!;
    const member = staff[pick % staff.length]!;
    const release = await story.database.release.findFirst({
      where: { developmentId: development },
      orderBy: { attempt: "desc" },
    });
    const open = await story.database.case.findFirst({ where: { developmentId: development } });
    switch (kind) {
      case "forward":
        return this.#forward(stage, development);
      case "estimate":
        return story.estimate(backer, this.proposalId, minor);
      case "donate": {
        const partyId = await story.party(backer);
        const begun = await story.database.transact((tx) =>
          story
            .get(DonationService)
            .donate(tx, partyId, development, newId(), { amount: usd(minor), fullAmount: usd(minor + 1000n) }),
        );
        return this.#visit(begun, pick);
      }
      case "pledge":
        return this.#visit(await this.#begin(backer, development, minor), pick);
      case "openPage":
        return this.#visit(await this.#begin(backer, development, minor), null);
      case "payPage":
        return this.#pay(this.#pages[pick % Math.max(1, this.#pages.length)], pick);
      case "heldPost":
        await control.hold();
        try {
          await control.duplicate(20, 1 + (pick % 3));
          for (let i = 0; i < 2; i += 1)
            await this.#visit(await this.#begin(backers[(pick + i) % backers.length]!, development, minor), pick);
          await story.market.wind(`${hours % 30} hours`);
        } finally {
          await (pick % 2 === 0 ? control.shuffle() : control.turnRound());
          await control.release();
        }
        return;
      case "takeBack": {
        const payment = await story.database.payment.findFirst({
          where: { developmentId: development, kind: "pledge", state: { in: ["held", "opened"] } },
          skip: pick % 2,
        });
        if (payment === null) return;
        const { name } = await story.database.party.findUniqueOrThrow({ where: { id: payment.payerId } });
        return story.takeBack(pick % 7 === 0 ? "ivan" : name, payment.id);
      }
      case "decline":
        return story.decline(pick % 5 === 0 ? "judy" : "dave", development);
      case "giveUp": {
        const dave = await story.party("dave");
        return story.database.transact((tx) => story.get(DevelopmentService).giveUp(tx, dave, development, "No time."));
      }
      case "badRelease":
        await story.submitRelease("dave", development, newId().replaceAll("-", "").padEnd(40, "0"));
        return;
      case "hideCode":
        return story.market.github.setPrivate({ ...this.#repository, private: pick % 2 === 0 });
      case "confirm":
        return story.confirm(backer, release?.id ?? newId());
      case "dispute":
        await story.dispute(backer, release?.id ?? newId());
        return;
      case "admit":
        return admit(story, member, open?.id ?? newId(), pick % 2 === 0);
      case "rule":
        return story.rule(member, open?.id ?? newId(), pick % 2 === 0 ? "refund" : "dismiss");
      case "stop":
        return story.stop(pick % 3 === 0 ? "alice" : member, development);
      case "wind":
        return story.wind(`${hours} hours`);
      case "twice":
        return control.duplicate(30, 2);
      case "fail":
        // The SDK itself asks a second time.
        return control.failNext(2 + (pick % 3), failures[pick % failures.length]!);
      case "restrict": {
        const { accountId } = await story.market.vault.accounts.refresh(await story.party("dave"));
        await control.setCapability(accountId!, pick % 2 === 0 ? "restricted" : "active");
        await story.market.vault.accounts.refresh(await story.party("dave"));
      }
    }
  }

  /** What would happen next if all went well. */
  async #forward(stage: string, development: string): Promise<void> {
    const story = this.#story;
    if (stage === "open") {
      await story.reserve("dave", this.proposalId, this.#repository.url);
      return;
    }
    if (stage === "in_development") return story.openPreview("dave", development);
    if (stage === "in_preview") return this.#windToNext(["preview_closes"]);
    if (stage === "in_decision") return story.chooseRelease("dave", development);
    if (stage === "releasing") {
      const commit = await story.push(this.#repository, { "src/feature.ts": `export const feature = "${newId()}";\n` });
      await story.submitRelease("dave", development, commit);
      return;
    }
    if (stage === "in_verification") return this.#windToNext(["window_ends", "ruling_takes_effect"]);
    await this.#hurry();
  }

  async #begin(name: string, development: string, minor: bigint): Promise<{ id: string; intentId: string }> {
    const partyId = await this.#story.party(name);
    return this.#story.database.transact((tx) =>
      this.#story.get(PledgeService).pledge(tx, partyId, development, newId(), { amount: usd(minor) }),
    );
  }

  async #visit(begun: { id: string; intentId: string }, pick: number | null): Promise<void> {
    await this.#story.market.vault.perform(begun.intentId);
    this.#pages.push(begun.id);
    if (pick !== null) await this.#pay(begun.id, pick);
  }

  async #pay(paymentId: string | undefined, pick: number): Promise<void> {
    if (paymentId === undefined) return;
    const { checkoutUrl } = await this.#story.database.payment.findUniqueOrThrow({ where: { id: paymentId } });
    if (checkoutUrl !== null) await payCheckout(checkoutUrl, { number: cards[pick % cards.length]! });
  }

  /** Winds to the next deadline of these kinds, so that no span is leapt over. */
  async #windToNext(kinds: readonly string[] | null): Promise<void> {
    const [row] = await this.#story.market.asOwner<{ seconds: string | null }>(
      `SELECT extract(epoch FROM min(due_at) - clock_now())::text AS seconds FROM deadline
       WHERE done_at IS NULL AND due_at > clock_now() AND ($1::text[] IS NULL OR kind = ANY($1))`,
      [kinds],
    );
    await this.#story.wind(`${Math.max(1, Number(row?.seconds ?? 86_400)) + 1} seconds`);
  }

  /** Whatever waits by the machine's clock waits no longer. */
  async #hurry(): Promise<void> {
    await this.#story.market.asOwner(
      "UPDATE intent SET due_at = now() - interval '1 second', absent_at = absent_at - interval '10 minutes' WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN')",
    );
    await this.#story.drain();
  }

  /** Lets the clock run until nobody's money waits any more and nothing is being built. */
  async end(): Promise<void> {
    const story = this.#story;
    await story.market.stripe.control.clearFailures();
    await story.market.github.setPrivate({ ...this.#repository, private: false });
    const { accountId } = await story.market.vault.accounts.refresh(await story.party("dave"));
    await story.market.stripe.control.setCapability(accountId!, "active");
    await story.market.vault.accounts.refresh(await story.party("dave"));
    for (let round = 0; round < 60; round += 1) {
      await this.#hurry();
      const [row] = await story.market.asOwner<{ waiting: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM payment WHERE state IN ('opened', 'held', 'refunding', 'settling'))
           OR EXISTS (SELECT 1 FROM proposal WHERE stage NOT IN ('open', 'settled', 'closed'))
           OR EXISTS (SELECT 1 FROM intent WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN')) AS waiting`,
      );
      if (!row!.waiting) return;
      await this.#windToNext(null);
    }
    throw new Error(`the story of ${this.proposalId} does not end`);
  }
}
