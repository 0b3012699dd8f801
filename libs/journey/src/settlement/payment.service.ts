import { Injectable } from "@nestjs/common";
import type { Database, Tx } from "@freehold/database";
import { type Fact, Vault } from "@freehold/escrow";
import { DonationService } from "../donation/donation.service.ts";
import { PledgeService } from "../pledge/pledge.service.ts";

/** What the processor says about payments, booked by the vault and handed to the room it belongs to. */
@Injectable()
export class PaymentService {
  constructor(
    private readonly vault: Vault,
    private readonly pledges: PledgeService,
    private readonly donations: DonationService,
  ) {}

  /** A payment changed at the processor: look, book, and let the room it belongs to move on. */
  async paymentChanged(database: Database, paymentId: string): Promise<void> {
    const seen = await this.vault.observe(paymentId);
    await database.transact(async (tx) => this.#applyFact(tx, await this.vault.apply(tx, seen)));
  }

  /** One message of the processor, worked on from what the processor says now. */
  async eventArrived(database: Database, eventId: string): Promise<void> {
    const row = await database.inboxEvent.findUnique({ where: { id: eventId } });
    if (row === null || row.state !== "stored") return;
    try {
      const subject = await this.vault.inbox.subjectOf(eventId);
      if (subject !== null && "accountId" in subject) {
        const partyId = await this.vault.accounts.partyOf(subject.accountId);
        if (partyId !== null) await this.vault.accounts.refresh(partyId);
        await database.transact((tx) => this.vault.inbox.applied(tx, eventId));
        return;
      }
      if (subject !== null && "payoutId" in subject) await this.vault.movements.take();
      const seen =
        subject !== null && "paymentId" in subject ? await this.vault.observe(subject.paymentId, row.type) : null;
      await database.transact(async (tx) => {
        if (seen !== null) await this.#applyFact(tx, await this.vault.apply(tx, seen));
        await this.vault.inbox.applied(tx, eventId);
      });
    } catch (error) {
      await this.vault.inbox.failed(eventId, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #applyFact(tx: Tx, fact: Fact): Promise<void> {
    if (fact.payment.kind === "donation") await this.donations.applyFact(tx, fact);
    else await this.pledges.applyFact(tx, fact);
  }
}
