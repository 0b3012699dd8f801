import { Inject, Injectable } from "@nestjs/common";
import { type Environment, refusal } from "@freehold/contract";
import { type Database, now, type Tx } from "@freehold/database";
import { type Fact, Vault } from "@freehold/escrow";
import { after, DAY_MS, formatMoney, usd, within } from "@freehold/values";
import { setDeadline } from "../deadline.ts";
import { heldOf, lockDevelopment } from "../development/development.ts";
import { requireSmallest } from "../estimate/estimate.ts";
import { notify, proposalPath } from "../notice/notify.ts";
import { lockParty, sameOwners } from "../party/party.service.ts";
import { isNewDeveloper, requireFewAttempts } from "../party/support.ts";
import { minorOf, msOf, type Policy, serviceFee } from "../policy.ts";
import { policyInForce, policyVersion } from "../space/policy.ts";
import { requireStage } from "../stage.ts";
import { ENVIRONMENT } from "../world.ts";

@Injectable()
export class PledgeService {
  constructor(
    private readonly vault: Vault,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * 003-26 to 003-28: the one thing backers can do in a preview. The money is held by the platform, not by the developer.
   * Any amount in the bounds: the estimate cap limits free numbers only.
   * Refusals, in this order: development_not_found, idempotency_key_reused, wrong_stage, preview_closed, own_money, currency_not_accepted,
   * amount_too_small, amount_too_large, too_many_attempts, taken_back_too_often, newcomer_hold_limit, own_funds_short.
   * @param id follows from the request, so that a repeated one finds its pledge instead of making another
   * @returns the payment's id and the intent to perform after the transaction
   */
  async pledge(
    tx: Tx,
    partyId: string,
    developmentId: string,
    id: string,
    body: { amount: { minor: string; currency: string }; named?: boolean | undefined },
  ): Promise<{ id: string; intentId: string }> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    const begun = await this.vault.begun(tx, id, { developmentId, amountMinor: BigInt(body.amount.minor) });
    if (begun !== null) return { id, intentId: begun };
    requireStage(proposal.stage, ["in_preview"], "Pledging");
    const { preview } = development;
    const at = await now(tx);
    if (preview === null || development.endedAt !== null || !within(at, preview.openedAt, preview.closesAt))
      throw refusal("preview_closed");
    const owners = await sameOwners(tx, [development.developerId, ...development.payees.map((line) => line.partyId)]);
    if (owners.has(partyId)) throw refusal("own_money");
    const { id: policyVersionId, policy } = await policyInForce(tx);
    const minor = BigInt(body.amount.minor);
    requireSmallest(policy, { minor, currency: body.amount.currency }, "A pledge");
    const largest = minorOf(policy, "largest_pledge");
    if (minor > largest)
      throw refusal("amount_too_large", `A pledge is at most ${formatMoney(usd(largest))}.`, {
        largest: largest.toString(),
      });
    await lockParty(tx, partyId);
    await requireFewAttempts(tx, partyId, policy);
    await this.#requirePatience(tx, partyId, policy, at);
    await this.#requireRoom(tx, development, preview.commitment !== null, minor, policy);

    await tx.pledge.create({
      data: {
        id,
        developmentId,
        proposalId: proposal.id,
        partyId,
        policyVersionId,
        named: body.named ?? false,
        createdAt: at,
      },
    });
    const intentId = await this.vault.hold(
      tx,
      {
        id,
        developmentId,
        payerId: partyId,
        amount: usd(minor),
        serviceFee: usd(serviceFee(policy, minor)),
        platformFeeBasisPoints: policy.platform_fee,
        title: `Pledge for “${proposal.title}”`,
        successUrl: `${this.environment.PUBLIC_URL}/payments/${id}?back=1`,
        cancelUrl: `${this.environment.PUBLIC_URL}/payments/${id}?cancelled=1`,
      },
      preview.closesAt,
    );
    return { id, intentId };
  }

  async #requirePatience(tx: Tx, partyId: string, policy: Policy, at: Date): Promise<void> {
    const recent = await tx.pledge.count({ where: { partyId, takenBackAt: { gt: after(at, -30 * DAY_MS) } } });
    if (recent >= policy.take_backs_free)
      throw refusal(
        "taken_back_too_often",
        `You took back ${recent} pledges in 30 days, so a new one has to wait. Taking back is always possible.`,
      );
  }

  /** A new developer's feature holds only so much, less when the preview is not sealed. */
  async #requireRoom(
    tx: Tx,
    development: { id: string; developerId: string },
    sealed: boolean,
    minor: bigint,
    policy: Policy,
  ): Promise<void> {
    if (!(await isNewDeveloper(tx, development.developerId, policy))) return;
    const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
      SELECT COALESCE(sum(CASE WHEN state = 'held' THEN held_minor ELSE amount_minor END), 0)::bigint AS sum FROM payment
      WHERE development_id = ${development.id}::uuid AND kind = 'pledge'
        AND (state = 'held' OR (state = 'opened' AND checkout_expires_at > clock_now()))`;
    const limit = minorOf(policy, sealed ? "newcomer_held" : "unsealed_newcomer_held");
    if (row!.sum + minor > limit)
      throw refusal("newcomer_hold_limit", `A new developer's feature may hold ${formatMoney(usd(limit))}.`, {
        limit: limit.toString(),
        left: (limit > row!.sum ? limit - row!.sum : 0n).toString(),
      });
  }

  /**
   * Always possible until the close, whatever else is wrong with the account; the service fee stays (DESIGN 4).
   * Refusals: pledge_not_found, not_taken_back.
   * @returns whether a page of the processor has to be closed instead of money returned
   */
  async takeBack(
    tx: Tx,
    partyId: string,
    pledgeId: string,
  ): Promise<{ closeCheckout: boolean; developmentId: string }> {
    const pledge = await tx.pledge.findUnique({ where: { id: pledgeId } });
    if (pledge === null || pledge.partyId !== partyId) throw refusal("pledge_not_found");
    const { development, proposal } = await lockDevelopment(tx, pledge.developmentId);
    const at = await now(tx);
    const payment = await tx.payment.findUniqueOrThrow({ where: { id: pledgeId } });
    const open = proposal.stage === "in_preview" && development.preview !== null && at < development.preview.closesAt;
    if (payment.state === "refunding" || payment.state === "refunded")
      return { closeCheckout: false, developmentId: development.id };
    if (!open || (payment.state !== "held" && payment.state !== "opened")) throw refusal("not_taken_back");
    if (payment.state === "opened") return { closeCheckout: true, developmentId: development.id };
    await this.vault.refund(tx, pledgeId, "pledge", { reason: "take_back", by: partyId });
    await tx.pledge.update({ where: { id: pledgeId }, data: { takenBackAt: at } });
    return { closeCheckout: false, developmentId: development.id };
  }

  /**
   * Closes the page of a pledge that is being taken back before it was paid; if it was paid meanwhile, whoever saw it
   * first, returns that. Refuses checkout_unavailable while the page cannot be closed.
   */
  async closeCheckout(database: Database, partyId: string, pledgeId: string): Promise<void> {
    await this.vault.expireCheckout(pledgeId);
    const seen = await this.vault.observe(pledgeId);
    await database.transact(async (tx) => {
      await this.applyFact(tx, await this.vault.apply(tx, seen));
      const { state } = await tx.payment.findUniqueOrThrow({ where: { id: pledgeId } });
      if (state === "held") await this.takeBack(tx, partyId, pledgeId);
      if (state === "opened")
        throw refusal("checkout_unavailable", "The payment page could not be closed just now. Try again.");
    });
  }

  /** What the vault booked becomes part of the story: the latest day, the notices. The vault writes its own history. */
  async applyFact(tx: Tx, fact: Fact): Promise<void> {
    if ((fact.kind === "unchanged" || fact.kind === "expired") && fact.bank.length === 0) return;
    const pledge = await tx.pledge.findUniqueOrThrow({ where: { id: fact.paymentId } });
    const { development, proposal } = await lockDevelopment(tx, pledge.developmentId);
    const amount = formatMoney(fact.payment.amount, { cents: true });
    for (const [kind, sentence] of said(fact, proposal.title, amount))
      await notify(tx, [pledge.partyId], {
        key: `pledge:${pledge.id}:${kind}`,
        kind: `pledge_${kind}`,
        sentence,
        path: `/payments/${pledge.id}`,
      });
    if (fact.bank.some((news) => news === "charged_back" || news === "won_back" || news === "fraud_warned"))
      await this.#tellDeveloper(tx, development, proposal, fact);
    // Paid in time and seen only after the end: the vault sends it after the others.
    if (fact.kind !== "held" || development.ending !== null) return;
    const policy = await policyVersion(tx, development.policyVersionId);
    const decideBy = after(fact.payment.chargedAt!, msOf(policy, "decide_by"));
    if (development.decideBy === null || decideBy < development.decideBy) {
      await tx.development.update({ where: { id: development.id }, data: { decideBy } });
      await setDeadline(tx, "decide_by", development.id, decideBy);
    }
    await notify(tx, [development.developerId], {
      key: `pledge:${pledge.id}:new`,
      kind: "pledge_new",
      sentence: `${amount} was pledged for “${proposal.title}”.`,
      path: proposalPath(proposal.id),
    });
  }

  /** The total that the developer decides on has changed without a backer's doing. */
  async #tellDeveloper(
    tx: Tx,
    development: { id: string; developerId: string; endedAt: Date | null },
    proposal: { id: string; title: string },
    fact: Fact,
  ): Promise<void> {
    if (development.endedAt !== null) return;
    const { sum } = await heldOf(tx, development.id);
    await notify(tx, [development.developerId], {
      key: `pledge:${fact.paymentId}:bank:${fact.bank.join("+")}:${fact.payment.held.minor}`,
      kind: "held_changed",
      sentence: `A bank has changed what is held for “${proposal.title}”: it is ${formatMoney(usd(sum), { cents: true })} now.`,
      path: proposalPath(proposal.id),
    });
  }
}

/** What a backer is told about their own payment. */
function said(fact: Fact, title: string, amount: string): [kind: string, sentence: string][] {
  const told: [string, string][] = [];
  if (fact.kind === "held") told.push(["held", `${amount} is held for “${title}”.`]);
  if (fact.kind === "late")
    told.push(["late", `Your payment for “${title}” came after the preview had closed; all of it is on its way back.`]);
  if (fact.kind === "refunded")
    told.push([
      "refunded",
      `We have returned your money for “${title}” to your card; banks take some days to show it.`,
    ]);
  if (fact.kind === "refunded_in_part")
    told.push(["refunded_in_part", `A part of your money for “${title}” has gone back to your card.`]);
  if (fact.kind === "refund_owed")
    told.push([
      "owed",
      `Your bank sent our refund for “${title}” back. The money is yours; we will ask you for another way.`,
    ]);
  if (fact.bank.includes("charged_back"))
    told.push(["charged_back", `Your bank has taken your payment for “${title}” back, so it is no longer held here.`]);
  if (fact.bank.includes("won_back"))
    told.push(["won_back", `Your bank has decided that your payment for “${title}” stands.`]);
  if (fact.bank.includes("fraud_warned"))
    told.push([
      "fraud_warned",
      `Your card's network warned that your payment for “${title}” may not be yours; all of it is on its way back.`,
    ]);
  return told;
}
