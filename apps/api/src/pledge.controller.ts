import { setTimeout } from "node:timers/promises";
import { Controller } from "@nestjs/common";
import { type BodyOf, refusal } from "@freehold/contract";
import { Database } from "@freehold/database";
import { statementSuffix, Vault } from "@freehold/escrow";
import {
  DonationService,
  MoneyQueries,
  moneyView,
  PledgeService,
  quotePledge,
  PaymentService,
} from "@freehold/journey";
import { Body, Door, Params, type ParamsOf, Query, RequestId, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

/** Donations and pledges: a row and an intent in one transaction, then the processor's page. */
@Controller()
export class PledgeController {
  constructor(
    private readonly database: Database,
    private readonly donations: DonationService,
    private readonly pledges: PledgeService,
    private readonly payments: PaymentService,
    private readonly money: MoneyQueries,
    private readonly vault: Vault,
  ) {}

  @Door("createDonation")
  async donate(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"createDonation">,
    @RequestId() requestId: string,
    @Body() body: BodyOf<"createDonation">,
  ) {
    const development = await this.database.development.findUnique({ where: { id }, select: { developerId: true } });
    if (development === null) throw refusal("development_not_found");
    await this.vault.accounts.refresh(development.developerId);
    const begun = await this.database.transact((tx) => this.donations.donate(tx, who.partyId, id, requestId, body));
    return this.#page(begun);
  }

  @Door("createPledge")
  async pledge(
    @Visitor() who: SignedIn,
    @Params() { id }: ParamsOf<"createPledge">,
    @RequestId() requestId: string,
    @Body() body: BodyOf<"createPledge">,
  ) {
    return this.#page(await this.database.transact((tx) => this.pledges.pledge(tx, who.partyId, id, requestId, body)));
  }

  /** Opens the processor's page; if it cannot be opened now, the same request may be sent again. */
  async #page(begun: { id: string; intentId: string }) {
    let checkout = await this.money.checkout(this.database, begun.id);
    // A sweep may carry the intent out in the same moment: then its answer is waited for.
    for (let tries = 0; tries < 15 && checkout.state === "opened" && checkout.url === null; tries += 1) {
      if (tries > 0) await setTimeout(200);
      await this.vault.perform(begun.intentId);
      checkout = await this.money.checkout(this.database, begun.id);
    }
    if (checkout.state === "opened" && checkout.url === null) throw refusal("checkout_unavailable");
    return checkout;
  }

  @Door("pledgeQuote")
  async quote(@Params() { id }: ParamsOf<"pledgeQuote">, @Query() { minor }: { minor: string }) {
    const amount = BigInt(minor);
    const quote = await quotePledge(this.database, id, amount);
    const developer = await this.database.party.findUniqueOrThrow({ where: { id: quote.developerId } });
    return {
      amount: moneyView(amount),
      serviceFee: moneyView(quote.fee),
      total: moneyView(amount + quote.fee),
      toDeveloper: moneyView(amount - quote.platformFee),
      platformFee: moneyView(quote.platformFee),
      closesAt: quote.closesAt.toISOString(),
      latestDay: quote.latestDay.toISOString(),
      statementName: statementSuffix,
      developer: developer.name,
    };
  }

  @Door("takeBack")
  async takeBack(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"takeBack">) {
    const { closeCheckout, developmentId } = await this.database.transact((tx) =>
      this.pledges.takeBack(tx, who.partyId, id),
    );
    if (closeCheckout) await this.pledges.closeCheckout(this.database, who.partyId, id);
    await this.vault.performDue({ developmentId });
    return { done: true };
  }

  @Door("settleCheckout")
  async settleCheckout(@Visitor() who: SignedIn, @Params() { id }: ParamsOf<"settleCheckout">) {
    const payment = await this.database.payment.findUnique({ where: { id }, select: { payerId: true } });
    if (payment?.payerId !== who.partyId) throw refusal("pledge_not_found");
    await this.payments.paymentChanged(this.database, id);
    return { done: true };
  }
}
