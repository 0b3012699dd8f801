import { payCheckout } from "@freehold/local-world";
import { after, DAY_MS, newId, usd } from "@freehold/values";
import { follow, type PledgeModel } from "./story-model.ts";
import type { Tale } from "./story-tale.ts";

const PAGE = "http://127.0.0.1:4000/payments";

/** A page for a pledge; nobody has paid on it. */
export async function begin(tale: Tale, amount: bigint): Promise<PledgeModel> {
  const { developmentId } = tale;
  const fee = (amount * 3n + 99n) / 100n + 35n;
  const id = newId();
  const payment = {
    id,
    developmentId,
    payerId: newId(),
    amount: usd(amount),
    serviceFee: usd(fee),
    platformFeeBasisPoints: 500,
    title: "Read threads offline",
    successUrl: `${PAGE}/back`,
    cancelUrl: `${PAGE}/cancelled`,
  };
  const closesAt = after(new Date(await tale.now()), 28 * DAY_MS);
  await tale.act(async ({ database, vault }) => {
    const intentId = await database.transact(
      async (tx) =>
        (await vault.begun(tx, id, { developmentId, amountMinor: amount })) ?? vault.hold(tx, payment, closesAt),
    );
    await vault.perform(intentId);
  });
  const pledge: PledgeModel = {
    id,
    amount,
    fee,
    charged: "no",
    chargedAt: 0,
    delayed: false,
    decided: null,
    parts: 0n,
    meddled: new Set(),
    stops: new Set(),
    stalled: false,
  };
  tale.model.pledges.push(pledge);
  return pledge;
}

/** Pays on a pledge's page, and notes whether that can have been a charge. */
export async function payOn(
  tale: Tale,
  pledge: PledgeModel,
  card: string,
  challenge: "complete" | "fail",
): Promise<void> {
  const { checkoutUrl, closesAt } = await tale.row(pledge);
  if (checkoutUrl === null || pledge.charged !== "no") return;
  const { paid } = await payCheckout(checkoutUrl, { number: card, expiry: "12/9999", challenge });
  if (!paid) return;
  const at = await tale.now();
  pledge.chargedAt = at;
  pledge.charged = at < closesAt!.getTime() ? "in_time" : "late";
  pledge.delayed = card.startsWith("000");
  follow(tale.model, pledge);
}
