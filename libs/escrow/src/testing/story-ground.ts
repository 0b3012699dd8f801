import fc from "fast-check";
import Stripe from "stripe";
import type { ProcessorOptions } from "../stripe/client.ts";
import { Vault } from "../vault.ts";
import { Body, impatient } from "./mortal.ts";
import { endStory } from "./story-ending.ts";
import type { StoryModel } from "./story-model.ts";
import { traceOf } from "./story-shown.ts";
import { type StoryGround, Tale } from "./story-tale.ts";
import { openTill } from "./till.ts";

export async function openStoryGround(): Promise<StoryGround> {
  const till = await openTill({ validate: false });
  const payees = [await till.payee("dave"), await till.payee("erin"), await till.payee("fay")];
  await till.takePost();
  // Messages come when a story says so.
  await till.stripe.dropNext(Number.MAX_SAFE_INTEGER);
  await till.stripe.topUp(90_000_000);
  await till.vault.movements.take();
  const options: ProcessorOptions = {
    secretKey: "sk_test_market",
    webhookSecret: "unused",
    apiUrl: till.market.stripe.url,
  };
  const healthy = {
    database: till.database,
    vault: new Vault(till.database, { ...options, httpClient: impatient(Stripe.createNodeHttpClient()) }),
  };
  const accounts = await till.database.payoutAccount.findMany();
  return {
    till,
    healthy,
    body: new Body(till.market.appUrl, options),
    payees,
    accounts: new Map(accounts.map((row) => [row.partyId, row.accountId!])),
  };
}

export async function closeStoryGround(ground: StoryGround): Promise<void> {
  await ground.body.close();
  await ground.till.close();
}

/** Tells one story to its end. */
export async function tell(
  ground: StoryGround,
  story: Iterable<fc.AsyncCommand<StoryModel, Tale>>,
  pick: number,
): Promise<Tale> {
  const tale = new Tale(ground);
  try {
    await fc.asyncModelRun(() => ({ model: tale.model, real: tale }), story);
    await endStory(tale, pick);
  } catch (error) {
    throw new Error(`${String(error)}\n${await traceOf(tale)}`, { cause: error });
  }
  return tale;
}
