import type { Database } from "@freehold/database";
import type { Vault } from "@freehold/escrow";
import { finishOnboarding, payCheckout } from "@freehold/local-world";
import { after, DAY_MS, newId, usd } from "@freehold/values";

const VISA = "4242424242424242";
const LANES = 8;

/** Does something so many times, a few at once. */
async function times(count: number, act: () => Promise<void>): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await act();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** A party that can be paid. @returns its id */
export async function openPayee(vault: Vault, database: Database): Promise<string> {
  const id = newId();
  await database.party.create({ data: { id, name: "Bench", firstSeenAt: await database.now() } });
  await finishOnboarding(await vault.accounts.onboardingUrl(id, "Bench", "http://127.0.0.1:4000/get-paid"));
  await vault.accounts.refresh(id);
  return id;
}

/** Pledges that were really made: checkout opened, paid on its page by card, looked at and booked. @returns the development's id */
export async function holdPledges(vault: Vault, database: Database, count: number): Promise<string> {
  const developmentId = newId();
  await times(count, async () => {
    const id = newId();
    const closesAt = after(await database.now(), 3 * DAY_MS);
    const payment = {
      id,
      developmentId,
      payerId: newId(),
      amount: usd(2500n),
      serviceFee: usd(110n),
      platformFeeBasisPoints: 500,
      title: "Read threads offline",
      successUrl: "http://127.0.0.1:4000/payments/back",
      cancelUrl: "http://127.0.0.1:4000/payments/cancelled",
    };
    await vault.perform(await database.transact((tx) => vault.hold(tx, payment, closesAt)));
    const { checkoutUrl } = await database.payment.findUniqueOrThrow({ where: { id } });
    const paid = await payCheckout(checkoutUrl!, { number: VISA });
    if (!paid.paid) throw new Error(`the card was refused: ${paid.message}`);
    const seen = await vault.observe(id);
    const fact = await database.transact((tx) => vault.apply(tx, seen));
    if (fact.kind !== "held") throw new Error(`a pledge of the bench is ${fact.kind}`);
  });
  return developmentId;
}
