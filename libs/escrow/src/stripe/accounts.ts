import type Stripe from "stripe";
import { Refusal } from "@freehold/values";
import type { Database } from "@freehold/database";

/** Whether a payee can be paid: `payable` only while Stripe says that transfers are active. */
export type PayoutAccountState = "none" | "incomplete" | "payable" | "restricted";

/** Where payees' money goes: Accounts v2, recipient configuration, express dashboard, our fees and losses. */
export class PayoutAccounts {
  readonly #database: Database;
  readonly #stripe: Stripe;

  constructor(database: Database, stripe: Stripe) {
    this.#database = database;
    this.#stripe = stripe;
  }

  /**
   * A page of the processor on which the party says how it is paid. Makes the account at the first time (one per party,
   * whatever happens: the key is the party's id).
   * @param returnUrl where the page leads back; coming back proves nothing, `refresh` asks
   */
  async onboardingUrl(partyId: string, name: string, returnUrl: string): Promise<string> {
    const accountId = await this.#accountOf(partyId, name);
    const link = await this.#stripe.v2.core.accountLinks.create({
      account: accountId,
      use_case: {
        type: "account_onboarding",
        account_onboarding: { refresh_url: returnUrl, return_url: returnUrl },
      },
    });
    return link.url;
  }

  async #accountOf(partyId: string, name: string): Promise<string> {
    const at = await this.#database.now();
    // Asked twice at once, the second finds the first's row.
    await this.#database.payoutAccount.createMany({ data: [{ partyId, createdAt: at }], skipDuplicates: true });
    const row = await this.#database.payoutAccount.findUniqueOrThrow({ where: { partyId } });
    if (row.accountId !== null) return row.accountId;
    const account = await this.#stripe.v2.core.accounts.create(
      {
        display_name: name,
        dashboard: "express",
        metadata: { party_id: partyId },
        configuration: {
          recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
        },
        defaults: { responsibilities: { fees_collector: "application", losses_collector: "application" } },
        include: ["configuration.recipient"],
      },
      { idempotencyKey: `account_${partyId}` },
    );
    await this.#database.payoutAccount.update({
      where: { partyId },
      data: { accountId: account.id, state: "incomplete" },
    });
    return account.id;
  }

  /** Asks the processor anew and keeps the answer. `none` when the party has no account. */
  async refresh(partyId: string): Promise<{ state: PayoutAccountState; accountId: string | null }> {
    const row = await this.#database.payoutAccount.findUnique({ where: { partyId } });
    if (row?.accountId == null) return { state: "none", accountId: null };
    const account = await this.#stripe.v2.core.accounts.retrieve(row.accountId, {
      include: ["configuration.recipient", "requirements"],
    });
    const capability = account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers;
    const state = stateOf(capability);
    await this.#database.payoutAccount.update({
      where: { partyId },
      data: { state, checkedAt: await this.#database.now() },
    });
    return { state, accountId: row.accountId };
  }

  /** Refuses unless every party can be paid right now. Refusals: payee_account_missing, payee_not_payable. */
  async requirePayable(partyIds: readonly string[]): Promise<void> {
    for (const partyId of partyIds) {
      const { state } = await this.refresh(partyId);
      if (state === "none") throw new Refusal("payee_account_missing", "Set up how you are paid first.");
      if (state !== "payable")
        throw new Refusal("payee_not_payable", "The payment processor cannot pay this developer yet.", { state });
    }
  }

  /** The party whose account this is, or null. */
  async partyOf(accountId: string): Promise<string | null> {
    const row = await this.#database.payoutAccount.findUnique({ where: { accountId } });
    return row?.partyId ?? null;
  }
}

type Capability = { status: string; status_details: { resolution: string }[] } | undefined;

/** What a person can still put right is `incomplete`; what they cannot is `restricted`. An unknown status counts as incomplete. */
function stateOf(capability: Capability): PayoutAccountState {
  if (capability?.status === "active") return "payable";
  if (capability?.status === "rejected" || capability?.status === "unsupported") return "restricted";
  if (capability?.status !== "restricted") return "incomplete";
  const details = capability.status_details;
  const curable = details.length > 0 && details.every((detail) => detail.resolution === "provide_info");
  return curable ? "incomplete" : "restricted";
}
