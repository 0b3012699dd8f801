import type { AccountLinkRecord, AccountRecord } from "../records.ts";
import { setCapability } from "../resources/account-object.ts";
import type { World } from "../world.ts";
import type { Form } from "./checkout-page.ts";
import { esc, leads, notice, page, shows, type PageAnswer } from "./layout.ts";

const COUNTRIES: readonly (readonly [string, string])[] = [
  ["US", "United States"],
  ["AT", "Austria"],
  ["AU", "Australia"],
  ["BE", "Belgium"],
  ["BR", "Brazil"],
  ["CA", "Canada"],
  ["CH", "Switzerland"],
  ["CZ", "Czechia"],
  ["DE", "Germany"],
  ["DK", "Denmark"],
  ["ES", "Spain"],
  ["FI", "Finland"],
  ["FR", "France"],
  ["GB", "United Kingdom"],
  ["IE", "Ireland"],
  ["IN", "India"],
  ["IT", "Italy"],
  ["JP", "Japan"],
  ["NL", "Netherlands"],
  ["NO", "Norway"],
  ["NZ", "New Zealand"],
  ["PL", "Poland"],
  ["PT", "Portugal"],
  ["SE", "Sweden"],
];

/** The hosted onboarding page behind an account link. A link works once and for 15 minutes of the story. */
export function showOnboarding(world: World, id: string): PageAnswer {
  const link = world.store.get("account_link", id);
  if (link === undefined) return shows(notice("Nothing here", "There is no such onboarding page."), 404);
  const account = open(world, link);
  return account === null ? leads(link.refresh_url) : shows(form(link, account));
}

export function submitOnboarding(world: World, id: string, sent: Form): PageAnswer {
  const link = world.store.get("account_link", id);
  if (link === undefined) return shows(notice("Nothing here", "There is no such onboarding page."), 404);
  const account = open(world, link);
  if (account === null) return leads(link.refresh_url);
  const unpayable = sent["answer"] === "unpayable";
  const name = (sent["legal_name"] ?? "").trim();
  if (!unpayable && name === "") return shows(form(link, account, sent, "Please enter your legal name."), 400);
  link.used = true;
  world.store.save("account_link", link);
  account.legal_name = name || account.legal_name;
  const country = sent["country"] ?? "";
  if (/^[A-Z]{2}$/.test(country)) account.country = country;
  account.submitted = true;
  world.store.save("account", account);
  if (account.transfers !== null) {
    if (unpayable) setCapability(world, account, "restricted", "unsupported_country");
    else setCapability(world, account, "active");
  }
  return leads(link.return_url ?? `${world.origin}/c/done`);
}

function open(world: World, link: AccountLinkRecord): AccountRecord | null {
  const account = world.store.get("account", link.account);
  return account === undefined || account.closed || link.used || link.expires_at <= world.now ? null : account;
}

function form(link: AccountLinkRecord, account: AccountRecord, sent: Form = {}, fault?: string): string {
  const chosen = sent["country"] ?? account.country ?? "US";
  const options = COUNTRIES.map(
    ([code, name]) => `<option value="${code}"${code === chosen ? " selected" : ""}>${name}</option>`,
  ).join("");
  return page(
    "Get paid",
    `<div class="card"><h1>Get paid</h1><p>${esc(account.display_name ?? account.contact_email ?? account.id)}</p>
${fault === undefined ? "" : `<p class="fault" id="fault" role="alert">${esc(fault)}</p>`}
<form method="post" action="/c/onboarding/${esc(link.id)}">
<label>Legal name<input name="legal_name" autocomplete="name" value="${esc(sent["legal_name"] ?? account.legal_name ?? account.display_name ?? "")}"${fault === undefined ? "" : ` aria-invalid="true" aria-describedby="fault"`}></label>
<label>Country<select name="country" autocomplete="country">${options}</select></label>
<button name="answer" value="finish">Finish onboarding</button>
<button class="plain" name="answer" value="unpayable" formnovalidate>Cannot be paid in my country</button>
</form></div>`,
  );
}
