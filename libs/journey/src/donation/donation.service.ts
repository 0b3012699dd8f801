import { Inject, Injectable } from "@nestjs/common";
import { type Environment, refusal } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { type Fact, Vault } from "@freehold/escrow";
import { formatMoney, usd } from "@freehold/values";
import { lockDevelopment, requireRunning } from "../development/development.ts";
import { requireSmallest, requireWithinCap } from "../estimate/estimate.ts";
import { EstimateService } from "../estimate/estimate.service.ts";
import { notify, proposalPath } from "../notice/notify.ts";
import { lockParty, peopleById, sameOwners } from "../party/party.service.ts";
import { donatedBy, estimateCap, isNewDeveloper, requireFewAttempts } from "../party/support.ts";
import { minorOf, serviceFee } from "../policy.ts";
import { policyInForce } from "../space/policy.ts";
import { estimateStages, requireStage } from "../stage.ts";
import { ENVIRONMENT } from "../world.ts";

@Injectable()
export class DonationService {
  constructor(
    private readonly vault: Vault,
    private readonly estimates: EstimateService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * 003-18, 003-19: money straight to the developer, together with the full amount the giver would pay. Final, never held
   * (003-20). The estimate is written when the money has arrived.
   * Refusals, in this order: development_not_found, idempotency_key_reused, wrong_stage, own_money, currency_not_accepted, amount_too_small,
   * amount_too_large, donation_above_full_amount, estimate_above_cap, too_many_attempts, newcomer_donations_limit, payee_not_payable.
   * @param id follows from the request, so that a repeated one finds its donation instead of making another
   * @returns the payment's id and the intent to perform after the transaction
   */
  async donate(
    tx: Tx,
    partyId: string,
    developmentId: string,
    id: string,
    body: { amount: { minor: string; currency: string }; fullAmount: { minor: string; currency: string } },
  ): Promise<{ id: string; intentId: string }> {
    const { development, proposal } = await lockDevelopment(tx, developmentId);
    const begun = await this.vault.begun(tx, id, { developmentId, amountMinor: BigInt(body.amount.minor) });
    if (begun !== null) return { id, intentId: begun };
    requireStage(proposal.stage, ["in_development"], "Donating");
    requireRunning(development, proposal);
    const owners = await sameOwners(tx, [development.developerId]);
    if (owners.has(partyId)) throw refusal("own_money");
    const { id: policyVersionId, policy } = await policyInForce(tx);
    const minor = BigInt(body.amount.minor);
    const full = BigInt(body.fullAmount.minor);
    requireSmallest(policy, { minor, currency: body.amount.currency }, "A donation");
    if (minor > minorOf(policy, "largest_pledge"))
      throw refusal(
        "amount_too_large",
        `A donation is at most ${formatMoney(usd(minorOf(policy, "largest_pledge")))}.`,
      );
    if (minor > full || body.fullAmount.currency !== body.amount.currency) throw refusal("donation_above_full_amount");
    const cap = await estimateCap(tx, partyId, policy);
    requireWithinCap(full, cap.minor, (await donatedBy(tx, partyId, proposal.id)) + minor);
    await lockParty(tx, development.developerId);
    await requireFewAttempts(tx, partyId, policy);
    await this.#requireRoom(tx, development.developerId, minor);
    const account = await tx.payoutAccount.findUnique({ where: { partyId: development.developerId } });
    if (account?.accountId == null || account.state !== "payable")
      throw refusal(
        "payee_not_payable",
        "The developer has not finished setting up how they are paid, so no donation is taken yet.",
      );

    const at = await now(tx);
    await tx.donation.create({
      data: { id, developmentId, partyId, fullAmountMinor: full, currency: "USD", policyVersionId, createdAt: at },
    });
    const developer = (await peopleById(tx, [development.developerId])).get(development.developerId)!;
    const intentId = await this.vault.donate(
      tx,
      {
        id,
        developmentId,
        payerId: partyId,
        amount: usd(minor),
        serviceFee: usd(serviceFee(policy, minor)),
        platformFeeBasisPoints: 0,
        title: `Donation to ${developer.name} for “${proposal.title}”`,
        successUrl: `${this.environment.PUBLIC_URL}/payments/${id}?back=1`,
        cancelUrl: `${this.environment.PUBLIC_URL}/payments/${id}?cancelled=1`,
      },
      { payeeId: development.developerId, accountId: account.accountId },
    );
    return { id, intentId };
  }

  /** A new developer takes only so much in donations before a settlement of theirs is old enough. */
  async #requireRoom(tx: Tx, developerId: string, minor: bigint): Promise<void> {
    const { policy } = await policyInForce(tx);
    if (!(await isNewDeveloper(tx, developerId, policy))) return;
    const [row] = await tx.$queryRaw<{ sum: bigint }[]>`
      SELECT COALESCE(sum(amount_minor), 0)::bigint AS sum FROM payment
      WHERE payee_id = ${developerId}::uuid AND kind = 'donation'
        AND (state = 'given' OR (state = 'opened' AND checkout_expires_at > clock_now()))`;
    const limit = minorOf(policy, "newcomer_donations");
    if (row!.sum + minor > limit)
      throw refusal("newcomer_donations_limit", `A new developer may take ${formatMoney(usd(limit))} in donations.`, {
        limit: limit.toString(),
      });
  }

  /** What the vault booked becomes part of the story: the estimate, the history, the notices. */
  async applyFact(tx: Tx, fact: Fact): Promise<void> {
    if (fact.kind !== "given" && fact.bank.length === 0) return;
    const donation = await tx.donation.findUniqueOrThrow({ where: { id: fact.paymentId } });
    const { development, proposal } = await lockDevelopment(tx, donation.developmentId);
    if (fact.bank.includes("charged_back"))
      await notify(tx, [donation.partyId], {
        key: `donation:${donation.id}:charged_back`,
        kind: "donation_charged_back",
        sentence: `Your bank has taken your donation for “${proposal.title}” back. The developer keeps the gift; the loss is ours.`,
        path: `/payments/${donation.id}`,
      });
    if (fact.kind !== "given") return;
    // The page of the processor may outlast the stage; the gift stands, but estimates are closed by then (003-26).
    const newer = await tx.estimate.count({
      where: { proposalId: proposal.id, partyId: donation.partyId, createdAt: { gt: donation.createdAt } },
    });
    if (estimateStages.includes(proposal.stage) && newer === 0)
      await this.estimates.replace(tx, {
        partyId: donation.partyId,
        proposalId: proposal.id,
        minor: donation.fullAmountMinor,
        policyVersionId: donation.policyVersionId,
        source: "donation",
      });
    const people = await peopleById(tx, [donation.partyId, development.developerId]);
    await notify(tx, [development.developerId], {
      key: `donation:${donation.id}`,
      kind: "donation_received",
      sentence: `${people.get(donation.partyId)!.name} gave you ${formatMoney(fact.payment.amount, { cents: true })} for “${proposal.title}”.`,
      path: proposalPath(proposal.id),
    });
  }
}
