import { finishOnboarding } from "@freehold/local-world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTill, type Till } from "../testing/till.ts";

const RETURN = "http://127.0.0.1:4000/get-paid";
let till: Till;
beforeAll(async () => {
  till = await openTill({ validate: true });
});
afterAll(() => till.close());

test("a party is payable only when the processor says that transfers are active", async () => {
  const dave = await till.party("dave");
  expect(await till.vault.accounts.refresh(dave)).toEqual({ state: "none", accountId: null });
  await expect(till.vault.accounts.requirePayable([dave])).rejects.toMatchObject({ code: "payee_account_missing" });
  const link = await till.vault.accounts.onboardingUrl(dave, "dave", RETURN);
  // Coming back from the page proves nothing.
  expect((await till.vault.accounts.refresh(dave)).state).not.toBe("payable");
  await expect(till.vault.accounts.requirePayable([dave])).rejects.toMatchObject({ code: "payee_not_payable" });
  await finishOnboarding(link);
  expect(await till.vault.accounts.refresh(dave)).toMatchObject({ state: "payable" });
  await till.vault.accounts.requirePayable([dave]);
});

test("whose country cannot be paid learns it here, before anybody pledges", async () => {
  const judy = await till.party("judy");
  await finishOnboarding(await till.vault.accounts.onboardingUrl(judy, "judy", RETURN), { unpayable: true });
  const { state } = await till.vault.accounts.refresh(judy);
  expect(state).not.toBe("payable");
  await expect(till.vault.accounts.requirePayable([judy])).rejects.toMatchObject({ code: "payee_not_payable" });
});

test("a party has one account, however often and however many at once the page is asked for", async () => {
  const erin = await till.party("erin");
  const before = (await till.atStripe("account")).length;
  // Who comes second in the same moment gets a page, or is told by the processor to ask again.
  const pages = await Promise.allSettled([1, 2, 3].map(() => till.vault.accounts.onboardingUrl(erin, "erin", RETURN)));
  expect(pages.filter((page) => page.status === "fulfilled").length).toBeGreaterThan(0);
  await till.vault.accounts.onboardingUrl(erin, "erin", RETURN);
  expect((await till.atStripe("account")).length).toBe(before + 1);
});

test("A14 a thin event names an account; its party is found, and what counts is what the processor then says", async () => {
  const ivan = await till.payee("ivan");
  const { accountId } = await till.vault.accounts.refresh(ivan);
  await till.takePost();
  await till.stripe.setCapability(accountId!, "restricted");
  await till.market.stripe.drained();
  const event = await till.database.inboxEvent.findFirstOrThrow({
    where: { objectId: accountId!, state: "stored" },
    orderBy: { receivedAt: "desc" },
  });
  expect(await till.vault.inbox.subjectOf(event.id)).toEqual({ accountId });
  expect(await till.vault.accounts.partyOf(accountId!)).toBe(ivan);
  expect(await till.vault.accounts.refresh(ivan)).toMatchObject({ state: "restricted" });
  await till.takePost();
});
