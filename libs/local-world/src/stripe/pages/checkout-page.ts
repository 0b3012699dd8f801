import { BANK_ACCOUNT, FATES, readCard, TEST_CARDS } from "../cards.ts";
import { shown } from "../currency.ts";
import { afterwards, attempt, createIntent, failIntent, type Attempt, type Payer } from "../payment.ts";
import { Refusal } from "../refusal.ts";
import type { PaymentIntentRecord, SessionRecord } from "../records.ts";
import { challengeUrl } from "../resources/payment-intent-object.ts";
import { renderSession } from "../resources/session-object.ts";
import type { World } from "../world.ts";
import { esc, leads, notice, page, shows, type PageAnswer } from "./layout.ts";

export type Form = Record<string, string>;

const grouped = (number: string): string => number.replaceAll(/(.{4})(?=.)/g, "$1 ");

/** The hosted payment page of a session. */
export function showCheckout(world: World, id: string): PageAnswer {
  const session = world.store.get("session", id);
  return session === undefined ? nothingHere() : (closed(session) ?? shows(form(session)));
}

/** The form was sent: pay, ask the card's holder to authenticate, or say what is wrong. */
export function submitCheckout(world: World, id: string, sent: Form): PageAnswer {
  const session = world.store.get("session", id);
  if (session === undefined) return nothingHere();
  const end = closed(session);
  if (end !== null) return end;
  const email = (session.customer_email ?? sent["email"] ?? "").trim();
  if (!/^\S+@\S+\.\S+$/.test(email))
    return shows(form(session, sent, { field: "email", message: "Your email is incomplete." }), 400);
  const card = readCard(
    { number: sent["number"] ?? "", expiry: sent["expiry"] ?? "", cvc: sent["cvc"] ?? "" },
    new Date(world.now * 1000),
  );
  if ("field" in card) return shows(form(session, sent, card), 400);
  if (FATES[card.fate]?.bankDebit && (session.excluded.includes("us_bank_account") || session.allowed != null))
    return shows(form(session, sent, { field: "number", message: "Bank accounts are not accepted here." }), 400);
  session.email = email;
  session.name = sent["name"]?.trim() || null;
  const intent = intentOf(world, session);
  return settle(world, session, sent, () => attempt(world, intent, card, { email, name: session.name }));
}

/** The 3-D Secure page of the card's bank. */
export function showChallenge(world: World, id: string): PageAnswer {
  const intent = world.store.get("payment_intent", id);
  if (intent === undefined) return nothingHere();
  if (intent.status !== "requires_action") return challengeOver(world, intent);
  return shows(
    page(
      "3-D Secure",
      `<div class="card"><h1>Your bank asks: is this you?</h1>
<p>A payment of <strong>${esc(shown(intent.amount, intent.currency))}</strong> with the card ending in ${esc(intent.challenged?.last4 ?? "")}.</p>
<form method="post" action="/c/challenge/${esc(intent.id)}">
<button name="answer" value="complete">Complete authentication</button>
<button class="plain" name="answer" value="fail">Fail authentication</button>
</form></div>`,
    ),
  );
}

export function answerChallenge(world: World, id: string, sent: Form): PageAnswer {
  const intent = world.store.get("payment_intent", id);
  if (intent === undefined) return nothingHere();
  const card = intent.challenged;
  if (intent.status !== "requires_action" || card === null) return challengeOver(world, intent);
  const session = intent.session === null ? undefined : world.store.get("session", intent.session);
  if (sent["answer"] !== "complete") {
    const message =
      "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
    failIntent(world, intent, {
      code: "payment_intent_authentication_failure",
      decline_code: null,
      message,
      charge: null,
    });
    if (session === undefined) return back(world, intent);
    return shows(form(session, {}, { field: "number", message }), 402);
  }
  const payer: Payer = { email: session?.email ?? intent.receipt_email, name: session?.name ?? null };
  if (session !== undefined) return settle(world, session, {}, () => attempt(world, intent, card, payer, true));
  const result = attempt(world, intent, card, payer, true);
  if (result.outcome === "paid") afterwards(world, result.charge);
  return back(world, intent);
}

function settle(world: World, session: SessionRecord, sent: Form, pay: () => Attempt): PageAnswer {
  let result: Attempt;
  try {
    result = pay();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return shows(form(session, sent, { field: "number", message: error.message }), 402);
  }
  if (result.outcome === "challenge") {
    world.store.save("session", session);
    return leads(challengeUrl(world, world.store.get("payment_intent", session.payment_intent!)!));
  }
  if (result.outcome === "declined")
    return shows(form(session, sent, { field: "number", message: result.message }), 402);
  session.status = "complete";
  world.store.save("session", session);
  world.emit("checkout.session.completed", renderSession(world, session));
  if (result.outcome === "paid") afterwards(world, result.charge);
  return leads(session.success_url.replaceAll("{CHECKOUT_SESSION_ID}", session.id));
}

function intentOf(world: World, session: SessionRecord): PaymentIntentRecord {
  const known = session.payment_intent === null ? undefined : world.store.get("payment_intent", session.payment_intent);
  if (known !== undefined) return known;
  const { amount, currency, three_d_secure } = session;
  const intent = createIntent(world, {
    ...session.payment_data,
    amount,
    currency,
    three_d_secure,
    session: session.id,
  });
  session.payment_intent = intent.id;
  world.store.save("session", session);
  return intent;
}

function closed(session: SessionRecord): PageAnswer | null {
  if (session.status === "complete") {
    return shows(
      notice(
        "This has been paid",
        `${shown(session.amount, session.currency)} was paid here. There is nothing more to do.`,
        { href: session.success_url.replaceAll("{CHECKOUT_SESSION_ID}", session.id), label: "Continue" },
      ),
    );
  }
  if (session.status === "expired") {
    return shows(
      notice(
        "This payment page has expired",
        "No payment can be made here any more.",
        session.cancel_url === null ? undefined : { href: session.cancel_url, label: "Back" },
      ),
      410,
    );
  }
  return null;
}

function challengeOver(world: World, intent: PaymentIntentRecord): PageAnswer {
  const session = intent.session === null ? undefined : world.store.get("session", intent.session);
  if (session !== undefined) return closed(session) ?? leads(`/c/pay/${session.id}`);
  return shows(notice("Nothing to authenticate", "This payment is not waiting for an answer."), 410);
}

const back = (world: World, intent: PaymentIntentRecord): PageAnswer =>
  leads(intent.return_url ?? `${world.origin}/c/done`);

const nothingHere = (): PageAnswer => shows(notice("Nothing here", "There is no such payment page."), 404);

function form(session: SessionRecord, sent: Form = {}, fault?: { field: string; message: string }): string {
  const total = shown(session.amount, session.currency);
  const marked = (field: string): string =>
    fault?.field === field ? ` aria-invalid="true" aria-describedby="fault"` : "";
  const value = (field: string): string => ` value="${esc(sent[field] ?? "")}"`;
  const lines = session.line_items
    .map(
      (item) =>
        `<li><span>${esc(item.name)}${item.quantity > 1 ? ` × ${item.quantity}` : ""}${item.description === null ? "" : `<br><small>${esc(item.description)}</small>`}</span><span>${esc(shown(item.unit_amount * item.quantity, session.currency))}</span></li>`,
    )
    .join("");
  const email =
    session.customer_email === null
      ? `<label>Email<input name="email" type="email" autocomplete="email" required${value("email")}${marked("email")}></label>`
      : `<label>Email<input name="email" type="email" value="${esc(session.customer_email)}" readonly></label>`;
  const numbers = [...TEST_CARDS, { number: BANK_ACCOUNT, says: "a bank account: the money comes days later" }];
  const cards = numbers.map((card) => `<tr><td>${grouped(card.number)}</td><td>${esc(card.says)}</td></tr>`).join("");
  return page(
    `Pay ${total}`,
    `${session.cancel_url === null ? "" : `<a class="back" href="${esc(session.cancel_url)}">Back</a>`}
<div class="card"><h1>Payment</h1><p class="sum">${esc(total)}</p><ul class="lines">${lines}</ul>
${fault === undefined ? "" : `<p class="fault" id="fault" role="alert">${esc(fault.message)}</p>`}
<form method="post" action="/c/pay/${esc(session.id)}" novalidate>
${email}
<label>Card number<input name="number" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242" required${value("number")}${marked("number")}></label>
<div class="two"><label>Expiry<input name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY" required${value("expiry")}${marked("expiry")}></label>
<label>CVC<input name="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" required${marked("cvc")}></label></div>
<label>Name on card (optional)<input name="name" autocomplete="cc-name"${value("name")}></label>
<button>Pay ${esc(total)}</button>
</form></div>
<details><summary>Test cards</summary><p>Any expiry in the future, any CVC.</p><table>${cards}</table></details>`,
  );
}
