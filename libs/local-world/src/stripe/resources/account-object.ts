import type { AccountLinkRecord, AccountRecord } from "../records.ts";
import type { Answer } from "../route.ts";
import type { World } from "../world.ts";

export const CAPABILITY_EVENT = "v2.core.account[configuration.recipient].capability_status_updated";

/** The account with only those parts that were asked for by `include`; the rest is left out, as Stripe does. */
export function renderAccount(account: AccountRecord, include: readonly string[] = []): Answer {
  const shown = (part: string): boolean => include.includes(part);
  return {
    id: account.id,
    object: "v2.core.account",
    applied_configurations: account.transfers === null ? [] : ["recipient"],
    ...(account.closed ? { closed: true } : {}),
    ...(shown("configuration.recipient") && account.transfers !== null
      ? {
          configuration: {
            recipient: {
              applied: true,
              capabilities: { stripe_balance: { stripe_transfers: renderCapability(account.transfers) } },
            },
          },
        }
      : {}),
    ...(account.contact_email === null ? {} : { contact_email: account.contact_email }),
    ...(account.contact_phone === null ? {} : { contact_phone: account.contact_phone }),
    created: new Date(account.created * 1000).toISOString(),
    ...(account.dashboard === null ? {} : { dashboard: account.dashboard }),
    ...(shown("defaults")
      ? {
          defaults: {
            ...(account.currency === null ? {} : { currency: account.currency }),
            responsibilities: {
              fees_collector: account.fees_collector,
              losses_collector: account.losses_collector,
              requirements_collector: "stripe",
            },
          },
        }
      : {}),
    ...(account.display_name === null ? {} : { display_name: account.display_name }),
    ...(shown("future_requirements") ? { future_requirements: { entries: [] } } : {}),
    ...(shown("identity")
      ? {
          identity: {
            ...(account.country === null ? {} : { country: account.country }),
            ...(account.entity_type === null ? {} : { entity_type: account.entity_type }),
          },
        }
      : {}),
    livemode: false,
    metadata: account.metadata,
    ...(shown("requirements") ? { requirements: renderRequirements(account) } : {}),
  };
}

function renderCapability(transfers: { status: string; code: string | null }): Answer {
  // What a person can give puts it right; what Stripe itself decided does not.
  const resolution = transfers.code?.startsWith("requirements_")
    ? "provide_info"
    : transfers.code?.startsWith("unsupported_")
      ? "no_resolution"
      : "contact_stripe";
  return {
    status: transfers.status,
    status_details: transfers.code === null ? [] : [{ code: transfers.code, resolution }],
  };
}

function renderRequirements(account: AccountRecord): Answer {
  if (account.submitted || account.transfers === null) return { entries: [] };
  return {
    entries: [
      {
        awaiting_action_from: "user",
        description: "identity.individual.given_name",
        errors: [],
        impact: {
          restricts_capabilities: [
            {
              capability: "stripe_balance.stripe_transfers",
              configuration: "recipient",
              deadline: { status: "currently_due" },
            },
          ],
        },
        minimum_deadline: { status: "currently_due" },
        requested_reasons: [{ code: "routine_onboarding" }],
      },
    ],
    summary: { minimum_deadline: { status: "currently_due" } },
  };
}

/** Changes whether the account can receive transfers and tells the listener so. */
export function setCapability(
  world: World,
  account: AccountRecord,
  status: string,
  code: string | null = null,
): AccountRecord {
  account.transfers = { status, code };
  world.store.save("account", account);
  world.emit(CAPABILITY_EVENT, { id: account.id, data: { updated_capability: "stripe_balance.stripe_transfers" } });
  return account;
}

/** Closes an account: nothing can be sent to it any more. */
export function closeAccount(world: World, account: AccountRecord): AccountRecord {
  Object.assign(account, { closed: true, transfers: null });
  world.store.save("account", account);
  world.emit("v2.core.account.closed", { id: account.id });
  return account;
}

export function renderLink(world: World, link: AccountLinkRecord): Answer {
  return {
    object: "v2.core.account_link",
    account: link.account,
    created: new Date(link.created * 1000).toISOString(),
    expires_at: new Date(link.expires_at * 1000).toISOString(),
    livemode: false,
    url: `${world.origin}/c/onboarding/${link.id}`,
    use_case: {
      [link.use_case]: {
        refresh_url: link.refresh_url,
        ...(link.return_url === null ? {} : { return_url: link.return_url }),
      },
      type: link.use_case,
    },
  };
}
