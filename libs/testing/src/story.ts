import "reflect-metadata";
import type { CreateProposal, OpenPreview, Ruling } from "@freehold/contract";
import {
  DecisionService,
  DevelopmentService,
  DisputeService,
  DonationService,
  EstimateService,
  PaymentService,
  PledgeService,
  PreviewService,
  ProposalQueries,
  ProposalService,
  ReleaseService,
  VerificationService,
} from "@freehold/journey";
import { finishOnboarding, payCheckout, type TypedCard } from "@freehold/local-world";
import { newId } from "@freehold/values";
import { type Market, openMarket } from "./market.ts";

import { compile, Rooms, type StoryGround } from "./rooms.ts";

export const VISA = "4242424242424242";

/** Verbs in the words of the story, each by a person with a name. */
export class Story<Ground extends StoryGround = Market> extends Rooms<Ground> {
  #repositories = 0;

  async propose(
    name = "alice",
    title = "Read threads offline",
    more: Partial<Pick<CreateProposal, "project" | "body" | "points">> = {},
  ): Promise<string> {
    const partyId = await this.party(name);
    const { id } = await this.database.transact((tx) =>
      this.get(ProposalService).propose(tx, partyId, {
        project: "Larkspur",
        title,
        body: "Threads I have opened should be readable without a connection.",
        points: ["Threads you have opened are readable without a connection."],
        ...more,
      }),
    );
    return id;
  }

  async estimate(name: string, proposalId: string, minor: bigint): Promise<void> {
    const partyId = await this.party(name);
    await this.database.transact((tx) =>
      this.get(EstimateService).estimate(tx, partyId, proposalId, { minor: minor.toString(), currency: "USD" }),
    );
  }

  /** A public repository of the developer's with an MIT licence and a first commit. */
  async repository(owner: string): Promise<{ owner: string; name: string; url: string }> {
    this.#repositories += 1;
    const name = `larkspur-${this.#repositories}`;
    const made = await this.market.github.createRepository({ owner, name, license: "MIT" });
    return { owner, name, url: made.webUrl };
  }

  async makePayable(name: string): Promise<void> {
    const partyId = await this.party(name);
    const link = await this.market.vault.accounts.onboardingUrl(partyId, name, "http://127.0.0.1:4000/get-paid");
    await finishOnboarding(link);
    await this.market.vault.accounts.refresh(partyId);
  }

  async reserve(name: string, proposalId: string, repositoryUrl: string): Promise<string> {
    const partyId = await this.party(name);
    const developments = this.get(DevelopmentService);
    const destination = await developments.lookUp(repositoryUrl);
    const at = await this.database.now();
    const { id } = await this.database.transact((tx) =>
      developments.reserve(
        tx,
        partyId,
        proposalId,
        {
          expectedPreviewAt: new Date(at.getTime() + 20 * 86_400_000).toISOString(),
          repository: repositoryUrl,
          destination: "own",
        },
        destination,
      ),
    );
    await this.drain();
    return id;
  }

  async donate(
    name: string,
    developmentId: string,
    minor: bigint,
    full: bigint,
    card: TypedCard = { number: VISA },
  ): Promise<string> {
    const partyId = await this.party(name);
    const usd = (sum: bigint) => ({ minor: sum.toString(), currency: "USD" as const });
    const begun = await this.database.transact((tx) =>
      this.get(DonationService).donate(tx, partyId, developmentId, newId(), {
        amount: usd(minor),
        fullAmount: usd(full),
      }),
    );
    await this.#pay(begun, card);
    return begun.id;
  }

  async openPreview(
    name: string,
    developmentId: string,
    days = 3,
    windowDays = 7,
    more: Partial<OpenPreview> = {},
  ): Promise<void> {
    const partyId = await this.party(name);
    await this.market.vault.accounts.refresh(partyId);
    const previews = this.get(PreviewService);
    const body: OpenPreview = {
      kind: "page",
      url: `${this.market.preview.url}/larkspur`,
      howToReach: "Open the address and sign in with your own account.",
      points: ["Threads you have opened are readable without a connection."],
      days,
      windowDays,
      branch: "main",
      ...more,
    };
    const seen = await previews.look(this.database, partyId, developmentId, body);
    await this.database.transact((tx) => previews.open(tx, partyId, developmentId, body, seen));
  }

  /** Pledges and pays; `card: null` leaves the processor's page open. */
  async pledge(
    name: string,
    developmentId: string,
    minor: bigint,
    card: TypedCard | null = { number: VISA },
  ): Promise<string> {
    const partyId = await this.party(name);
    const begun = await this.database.transact((tx) =>
      this.get(PledgeService).pledge(tx, partyId, developmentId, newId(), {
        amount: { minor: minor.toString(), currency: "USD" },
      }),
    );
    await this.#pay(begun, card);
    return begun.id;
  }

  async #pay(begun: { id: string; intentId: string }, card: TypedCard | null): Promise<void> {
    await this.market.vault.perform(begun.intentId);
    if (card === null) return;
    await this.pay(begun.id, card);
  }

  /** Pays on the processor's page of a payment that was begun. */
  async pay(paymentId: string, card: TypedCard = { number: VISA }): Promise<void> {
    const { checkoutUrl } = await this.database.payment.findUniqueOrThrow({ where: { id: paymentId } });
    await payCheckout(checkoutUrl!, card);
    // As when a payer comes back to our page: we look at once, whether a webhook came or not.
    await this.get(PaymentService).paymentChanged(this.database, paymentId);
    await this.drain();
  }

  async takeBack(name: string, pledgeId: string): Promise<void> {
    const partyId = await this.party(name);
    const pledges = this.get(PledgeService);
    const { closeCheckout } = await this.database.transact((tx) => pledges.takeBack(tx, partyId, pledgeId));
    if (closeCheckout) await pledges.closeCheckout(this.database, partyId, pledgeId);
    await this.drain();
  }

  async decline(name: string, developmentId: string): Promise<void> {
    const partyId = await this.party(name);
    await this.database.transact((tx) =>
      this.get(DecisionService).decline(tx, partyId, developmentId, "It was not enough."),
    );
    await this.drain();
  }

  async chooseRelease(name: string, developmentId: string): Promise<void> {
    const partyId = await this.party(name);
    await this.database.transact((tx) =>
      this.get(DecisionService).chooseRelease(tx, partyId, developmentId, undefined),
    );
    await this.drain();
  }

  /** Pushes a real commit that adds the feature. @returns its id */
  push(
    repository: { owner: string; name: string },
    files: Record<string, string> = { "src/offline.ts": "export const offline = true;\n" },
  ): Promise<string> {
    return this.market.github.commit({ ...repository, branch: "main", files, message: "Read threads offline" });
  }

  async submitRelease(name: string, developmentId: string, commit: string): Promise<string> {
    const partyId = await this.party(name);
    const { id } = await this.database.transact((tx) =>
      this.get(ReleaseService).submit(tx, partyId, developmentId, { commit, branch: "main" }),
    );
    await this.drain();
    return id;
  }

  async confirm(name: string, releaseId: string): Promise<void> {
    const partyId = await this.party(name);
    await this.database.transact((tx) => this.get(VerificationService).confirm(tx, partyId, releaseId));
  }

  async dispute(name: string, releaseId: string): Promise<string> {
    const partyId = await this.party(name);
    await this.database.transact((tx) =>
      this.get(DisputeService).dispute(tx, partyId, releaseId, {
        ground: "does_not_match",
        statement: "Threads with images do not open without a connection, which the preview did.",
      }),
    );
    const { id } = await this.database.case.findFirstOrThrow({ where: { releaseId }, orderBy: { openedAt: "desc" } });
    await this.drain();
    return id;
  }

  async rule(name: string, caseId: string, ruling: Ruling): Promise<void> {
    const partyId = await this.party(name);
    await this.database.transact((tx) =>
      this.get(DisputeService).rule(
        tx,
        partyId,
        caseId,
        ruling,
        "Both sides were heard; the preview and the code were compared.",
      ),
    );
    await this.drain();
  }

  async stop(name: string, developmentId: string): Promise<void> {
    const partyId = await this.party(name);
    await this.database.transact((tx) =>
      this.get(DisputeService).stop(tx, partyId, developmentId, "A public reason of some length."),
    );
    await this.drain();
  }

  async stage(proposalId: string): Promise<string> {
    return (await this.database.proposal.findUniqueOrThrow({ where: { id: proposalId } })).stage;
  }

  async page(proposalId: string, viewer: string | null = null) {
    return this.get(ProposalQueries).page(proposalId, viewer === null ? null : await this.party(viewer));
  }

  /** A proposal by alice that dave builds, in preview, paid out to him when it comes to that. */
  async inPreview(
    days = 3,
    windowDays = 7,
  ): Promise<{ proposalId: string; developmentId: string; repository: { owner: string; name: string; url: string } }> {
    const proposalId = await this.propose();
    await this.makePayable("dave");
    const repository = await this.repository("dave");
    const developmentId = await this.reserve("dave", proposalId, repository.url);
    await this.openPreview("dave", developmentId, days, windowDays);
    return { proposalId, developmentId, repository };
  }
}

/** A fresh market with its rooms. Own funds are topped up, as before a first pledge. */
export async function openStory(options: { validate?: boolean } = {}): Promise<Story> {
  const market = await openMarket(options);
  await market.stripe.control.topUp(200_000);
  await market.vault.movements.take();
  return new Story(market, await compile(market));
}
