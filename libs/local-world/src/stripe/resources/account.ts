import { checkCurrency } from "../currency.ts";
import { flag, hash, listOf, metadata, oneOf, required, text, url, whole, type Table } from "../params.ts";
import { invalid } from "../refusal.ts";
import type { AccountLinkRecord, AccountRecord } from "../records.ts";
import { found, merged, type Answer, type Params, type Route } from "../route.ts";
import type { World } from "../world.ts";
import { closeAccount, renderAccount, renderLink } from "./account-object.ts";

const URL = "/v2/core/accounts";
const LINKS = "/v2/core/account_links";
const LINK_SECONDS = 15 * 60;

interface AccountParams {
  contact_email?: string;
  contact_phone?: string;
  display_name?: string;
  dashboard?: string;
  identity?: { country?: string; entity_type?: string };
  configuration?: { recipient?: { capabilities?: { stripe_balance?: { stripe_transfers?: { requested: boolean } } } } };
  defaults?: { currency?: string; responsibilities?: { fees_collector: string; losses_collector: string } };
  metadata?: Record<string, string>;
  include?: string[];
}

function apply(world: World, account: AccountRecord, given: AccountParams): void {
  account.contact_email = given.contact_email ?? account.contact_email;
  account.contact_phone = given.contact_phone ?? account.contact_phone;
  account.display_name = given.display_name ?? account.display_name;
  account.dashboard = given.dashboard ?? account.dashboard;
  account.country = given.identity?.country?.toUpperCase() ?? account.country;
  account.entity_type = given.identity?.entity_type ?? account.entity_type;
  account.currency = given.defaults?.currency
    ? checkCurrency(given.defaults.currency, "defaults.currency")
    : account.currency;
  account.fees_collector = given.defaults?.responsibilities?.fees_collector ?? account.fees_collector;
  account.losses_collector = given.defaults?.responsibilities?.losses_collector ?? account.losses_collector;
  account.metadata = merged(account.metadata, given.metadata);
  if (
    account.dashboard === "express" &&
    (account.fees_collector !== "application" || account.losses_collector !== "application")
  ) {
    throw invalid(
      "The express dashboard requires defaults.responsibilities.fees_collector and losses_collector to be 'application'.",
      { param: "defaults.responsibilities" },
    );
  }
  const requested = given.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers?.requested;
  if (requested === true && account.transfers === null)
    account.transfers = { status: "restricted", code: "requirements_past_due" };
  if (requested === false) account.transfers = null;
  world.store.save("account", account);
}

const INCLUDES = [
  "configuration.customer",
  "configuration.merchant",
  "configuration.recipient",
  "defaults",
  "future_requirements",
  "identity",
  "requirements",
];
const include: Table = { include: listOf(oneOf(...INCLUDES)) };
const accountParams: Table = {
  ...include,
  contact_email: text(),
  contact_phone: text(),
  display_name: text(),
  dashboard: oneOf("express", "full", "none"),
  identity: hash({ country: text(2), entity_type: oneOf("company", "government_entity", "individual", "non_profit") }),
  configuration: hash({
    recipient: hash({
      capabilities: hash({ stripe_balance: hash({ stripe_transfers: hash({ requested: required(flag()) }) }) }),
    }),
  }),
  defaults: hash({
    currency: text(3),
    locales: listOf(text()),
    responsibilities: hash({
      fees_collector: required(oneOf("application", "stripe")),
      losses_collector: required(oneOf("application", "stripe")),
    }),
  }),
  metadata: metadata(),
};
const linkCase = hash({
  refresh_url: required(url()),
  return_url: url(),
  collection_options: hash({
    fields: oneOf("currently_due", "eventually_due"),
    future_requirements: oneOf("include", "omit"),
  }),
});

function createLink(world: World, _ids: Record<string, string>, params: Params): Answer {
  const account = world.store.get("account", params["account"] as string);
  if (account === undefined || account.closed)
    throw invalid(`No such account: '${String(params["account"])}'`, { code: "not_found", param: "account" });
  const use = params["use_case"] as { type: string } & Record<
    string,
    { refresh_url: string; return_url?: string } | undefined
  >;
  const chosen = use[use.type];
  if (chosen === undefined)
    throw invalid(`Missing required field: use_case.${use.type}`, {
      code: "parameter_missing",
      param: `use_case[${use.type}]`,
    });
  const link: AccountLinkRecord = {
    id: world.id("acctlink_", 24),
    created: world.now,
    expires_at: world.now + LINK_SECONDS,
    account: account.id,
    use_case: use.type,
    refresh_url: chosen.refresh_url,
    return_url: chosen.return_url ?? null,
    used: false,
  };
  world.store.save("account_link", link);
  return renderLink(world, link);
}

const account = (world: World, id: string): AccountRecord => found(world, "account", "account", id);
const asked = (params: Params): string[] => (params["include"] as string[] | undefined) ?? [];

export const accountRoutes: Route[] = [
  {
    method: "POST",
    path: URL,
    type: "V2.Core.AccountCreateParams",
    params: accountParams,
    answer: (world, _ids, params) => {
      const record: AccountRecord = {
        id: world.id("acct_1", 16),
        created: world.now,
        contact_email: null,
        contact_phone: null,
        display_name: null,
        dashboard: null,
        country: null,
        entity_type: null,
        legal_name: null,
        currency: null,
        fees_collector: "stripe",
        losses_collector: "stripe",
        metadata: {},
        transfers: null,
        submitted: false,
        closed: false,
      };
      apply(world, record, params as AccountParams);
      world.emit("v2.core.account.created", { id: record.id });
      return renderAccount(record, asked(params));
    },
  },
  {
    method: "GET",
    path: URL,
    type: "V2.Core.AccountListParams",
    params: {
      limit: whole({ min: 1, max: 100 }),
      page: text(),
      closed: flag(),
      applied_configurations: listOf(text()),
    },
    answer: (world, _ids, params) => {
      const limit = (params["limit"] as number | undefined) ?? 20;
      const from = Number(params["page"] ?? 0);
      const all = [...world.store.all("account")].filter((a) => a.closed === (params["closed"] ?? false)).toReversed();
      const link = (at: number): string | null =>
        at < 0 || at >= all.length ? null : `${URL}?limit=${limit}&page=${at}`;
      return {
        data: all.slice(from, from + limit).map((a) => renderAccount(a)),
        next_page_url: link(from + limit),
        previous_page_url: from === 0 ? null : link(Math.max(0, from - limit)),
      };
    },
  },
  {
    method: "GET",
    path: `${URL}/:account`,
    type: "V2.Core.AccountRetrieveParams",
    params: include,
    answer: (world, ids, params) => renderAccount(account(world, ids["account"]!), asked(params)),
  },
  {
    method: "POST",
    path: `${URL}/:account`,
    type: "V2.Core.AccountUpdateParams",
    params: accountParams,
    answer: (world, ids, params) => {
      const record = account(world, ids["account"]!);
      apply(world, record, params as AccountParams);
      world.emit("v2.core.account.updated", { id: record.id });
      return renderAccount(record, asked(params));
    },
  },
  {
    method: "POST",
    path: `${URL}/:account/close`,
    type: "V2.Core.AccountCloseParams",
    params: { applied_configurations: listOf(text()) },
    answer: (world, ids) => renderAccount(closeAccount(world, account(world, ids["account"]!))),
  },
  {
    method: "POST",
    path: LINKS,
    type: "V2.Core.AccountLinkCreateParams",
    params: {
      account: required(text()),
      use_case: required(
        hash({
          type: required(oneOf("account_onboarding", "account_update")),
          account_onboarding: linkCase,
          account_update: linkCase,
        }),
      ),
    },
    answer: createLink,
  },
];
