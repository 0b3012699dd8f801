import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { finishOnboarding, payCheckout, type TypedCard } from "./pay-checkout.ts";
import { startStripeSimulator, type StripeSimulator, type StripeSimulatorOptions } from "./simulator.ts";

export const SECRET = "whsec_for_tests";
const DAY = 86_400_000;

/** A clock that stands still until it is wound. */
export class StandingClock {
  at = Date.parse("2026-11-20T12:00:00Z");

  now = (): Date => new Date(this.at);

  wind(days: number): void {
    this.at += days * DAY;
  }

  get seconds(): number {
    return Math.floor(this.at / 1000);
  }
}

export interface Received {
  type: string;
  id: string;
  body: string;
  signature: string;
  object: Record<string, unknown> | undefined;
}

/** Somebody who listens to events; `answer` decides the status of each. */
export class Ear {
  readonly received: Received[] = [];
  answer: (event: Received) => number = () => 200;
  #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<Ear> {
    const server = createServer();
    const ear = new Ear(server);
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const event = JSON.parse(body) as { type: string; id: string; data?: { object?: Record<string, unknown> } };
        const got: Received = {
          type: event.type,
          id: event.id,
          body,
          signature: String(request.headers["stripe-signature"]),
          object: event.data?.object,
        };
        ear.received.push(got);
        response.writeHead(ear.answer(got)).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return ear;
  }

  get listener(): { url: string; secret: string } {
    return { url: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/stripe`, secret: SECRET };
  }

  types(): string[] {
    return this.received.map((event) => event.type);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A simulator, the unmodified SDK pointed at it, and a few things every money story needs. */
export class Desk {
  readonly clock: StandingClock;
  readonly sim: StripeSimulator;
  readonly stripe: Stripe;

  constructor(sim: StripeSimulator, clock: StandingClock) {
    this.sim = sim;
    this.clock = clock;
    this.stripe = clientOf(sim);
  }

  /** Everything a simulator in a test answers is compared with the SDK's types. */
  static async open(options: Partial<StripeSimulatorOptions> = {}, clock = new StandingClock()): Promise<Desk> {
    const sim = await startStripeSimulator({ now: clock.now, validate: true, tickMs: 0, ...options });
    return new Desk(sim, clock);
  }

  session(amount: number, more: Partial<Stripe.Checkout.SessionCreateParams> = {}): Promise<Stripe.Checkout.Session> {
    return this.stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "http://127.0.0.1:1/ok?session={CHECKOUT_SESSION_ID}",
      cancel_url: "http://127.0.0.1:1/back",
      line_items: [
        { quantity: 1, price_data: { currency: "usd", unit_amount: amount, product_data: { name: "Pledge" } } },
      ],
      ...more,
    });
  }

  /** A paid charge of `amount` cents. */
  async charge(
    amount: number,
    card: TypedCard = { number: "4242424242424242" },
    group?: string,
  ): Promise<Stripe.Charge> {
    const session = await this.session(
      amount,
      group === undefined ? {} : { payment_intent_data: { transfer_group: group } },
    );
    const result = await payCheckout(session.url!, card);
    if (!result.paid) throw new Error(result.message);
    const paid = await this.stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent.latest_charge"] });
    return (paid.payment_intent as Stripe.PaymentIntent).latest_charge as Stripe.Charge;
  }

  /** A connected account; payable unless told otherwise. */
  async account(onboarded = true): Promise<string> {
    const account = await this.stripe.v2.core.accounts.create({
      contact_email: "carla@example.com",
      display_name: "Carla",
      dashboard: "express",
      identity: { country: "us", entity_type: "individual" },
      configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
      defaults: {
        currency: "usd",
        responsibilities: { fees_collector: "application", losses_collector: "application" },
      },
    });
    if (onboarded) await finishOnboarding((await this.link(account.id)).url);
    return account.id;
  }

  link(account: string): Promise<Stripe.V2.Core.AccountLink> {
    return this.stripe.v2.core.accountLinks.create({
      account,
      use_case: {
        type: "account_onboarding",
        account_onboarding: { refresh_url: "http://127.0.0.1:1/again", return_url: "http://127.0.0.1:1/payable" },
      },
    });
  }

  /** Available and pending cents of the platform, and what its balance transactions add up to. */
  async books(): Promise<{ available: number; pending: number; sum: number }> {
    const balance = await this.stripe.balance.retrieve();
    let sum = 0;
    for await (const txn of this.stripe.balanceTransactions.list({ limit: 100 })) sum += txn.net;
    return { available: balance.available[0]!.amount, pending: balance.pending[0]!.amount, sum };
  }

  /** Ends the test: nothing the simulator said was outside the SDK's types, and the books add up. */
  async close(): Promise<void> {
    const { available, pending, sum } = await this.books();
    const faults = await this.sim.control.faults();
    await this.sim.close();
    if (faults.length > 0) throw new Error(faults.join("\n"));
    if (available + pending !== sum)
      throw new Error(`The balance is ${available} + ${pending}, its transactions add up to ${sum}.`);
  }
}

export function clientOf(sim: { port: number }, more: Partial<ConstructorParameters<typeof Stripe>[1]> = {}): Stripe {
  return new Stripe("sk_test_x", {
    host: "127.0.0.1",
    port: sim.port,
    protocol: "http",
    telemetry: false,
    maxNetworkRetries: 0,
    ...more,
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
