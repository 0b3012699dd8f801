import Stripe from "stripe";
import { connectStripe } from "../stripe/client.ts";

/** The simulator and what a browser would do on its pages; tests hand it in, for the vault itself knows no simulator. */
export interface LocalParts {
  start(): Promise<{
    url: string;
    control: { advance(seconds: number): Promise<unknown>; faults(): Promise<string[]> };
    close(): Promise<void>;
  }>;
  payCheckout(url: string, card: { number: string }): Promise<{ paid: boolean }>;
  finishOnboarding(url: string): Promise<string>;
}

export type Payment = Stripe.PaymentIntent & { latest_charge: Stripe.Charge };
type PaymentMore = Partial<Stripe.PaymentIntentCreateParams>;

/** What a behaviour is tried on: the processor through the vault's own client, and the few things that differ by place. */
export interface Provider {
  stripe: Stripe;
  local: LocalParts | null;
  /** Pays with a test card named `pm_card_*`, without a page. */
  pay(amount: number, card?: string, more?: PaymentMore): Promise<Payment>;
  /** An account to which money can be transferred now; null where there is none. */
  payee(): Promise<string | null>;
  /** An account that was only just made: nobody has onboarded. */
  newcomer(): Promise<string>;
  /** Asks until there is an answer, letting time pass between; fails when none comes. */
  eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
  close(): Promise<void>;
}

/** `STRIPE_SECRET_KEY=sk_test_…` adds a real sandbox; `STRIPE_CONFORMANCE_ACCOUNT=acct_…` names an onboarded payee in it. */
const { STRIPE_SECRET_KEY: sandboxKey, STRIPE_CONFORMANCE_ACCOUNT: sandboxPayee } = process.env;

/** The simulator always; a real sandbox where the environment holds its key. Refuses a live key. */
export function providers(local: LocalParts): { name: string; open: () => Promise<Provider> }[] {
  const all = [{ name: "the simulator", open: () => openSimulator(local) }];
  if (sandboxKey === undefined || sandboxKey === "") return all;
  if (!sandboxKey.startsWith("sk_test_")) throw new Error("The conformance suite takes a key of a sandbox: sk_test_….");
  return [...all, { name: "a Stripe sandbox", open: async () => openSandbox(sandboxKey) }];
}

const SECRET = "whsec_conformance";

async function openSimulator(local: LocalParts): Promise<Provider> {
  const simulator = await local.start();
  const stripe = connectStripe({ secretKey: "sk_test_conformance", webhookSecret: SECRET, apiUrl: simulator.url });
  return {
    stripe,
    local,
    pay: (...asked) => pay(stripe, ...asked),
    newcomer: () => newAccount(stripe),
    async payee() {
      const account = await newAccount(stripe);
      await local.finishOnboarding((await onboardingLink(stripe, account)).url);
      return account;
    },
    async eventually(what, look) {
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const found = await look();
        if (found !== undefined) return found;
        await simulator.control.advance(10);
      }
      throw new Error(`${what} did not come.`);
    },
    async close() {
      const faults = await simulator.control.faults();
      await simulator.close();
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
  };
}

function openSandbox(secretKey: string): Provider {
  const stripe = connectStripe({ secretKey, webhookSecret: SECRET });
  return {
    stripe,
    local: null,
    pay: (...asked) => pay(stripe, ...asked),
    newcomer: () => newAccount(stripe),
    payee: async () => sandboxPayee ?? null,
    async eventually(what, look) {
      for (const end = Date.now() + 50_000; Date.now() < end;) {
        const found = await look();
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
      throw new Error(`${what} did not come within 50 seconds.`);
    },
    close: async () => undefined,
  };
}

async function pay(stripe: Stripe, amount: number, card = "pm_card_visa", more: PaymentMore = {}): Promise<Payment> {
  return (await stripe.paymentIntents.create({
    amount,
    currency: "usd",
    confirm: true,
    payment_method: card,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    expand: ["latest_charge.balance_transaction"],
    ...more,
  })) as Payment;
}

async function newAccount(stripe: Stripe): Promise<string> {
  const account = await stripe.v2.core.accounts.create({
    contact_email: "payee@example.com",
    display_name: "A payee",
    dashboard: "express",
    identity: { country: "us", entity_type: "individual" },
    configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
    defaults: { currency: "usd", responsibilities: { fees_collector: "application", losses_collector: "application" } },
  });
  return account.id;
}

/** Where a payee says how they are paid. */
export function onboardingLink(stripe: Stripe, account: string): Promise<Stripe.V2.Core.AccountLink> {
  return stripe.v2.core.accountLinks.create({
    account,
    use_case: {
      type: "account_onboarding",
      account_onboarding: { refresh_url: "https://example.com/again", return_url: "https://example.com/payable" },
    },
  });
}

/** The error a call ends with. */
export async function refusalOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error("The call was not refused.");
}
