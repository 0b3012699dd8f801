import { expect, type Page } from "@playwright/test";
import { addresses } from "./addresses.ts";

export interface Card {
  number: string;
  /** The bank asks whether it is you; the answer is yes. */
  asks?: true;
}

export const VISA: Card = { number: "4242 4242 4242 4242" };
export const DECLINED: Card = { number: "4000 0000 0000 0002" };
/** Asks for 3-D Secure, always. */
export const CHALLENGED: Card = { number: "4000 0027 6000 3184", asks: true };

/** Fills the processor's page, which is not ours, and comes back to the receipt. */
export async function payByCard(page: Page, card: Card): Promise<void> {
  await tryCard(page, card);
  if (card.asks) await page.getByRole("button", { name: "Complete authentication" }).click();
  await page.waitForURL(`${addresses().web}/payments/**`);
}

/** Up to the button. */
export async function tryCard(page: Page, card: Card): Promise<void> {
  await expect(page.getByRole("heading", { name: "Payment" })).toBeVisible();
  const email = page.getByLabel("Email");
  if (await email.isEditable()) await email.fill("somebody@mail.test");
  await page.getByLabel("Card number").fill(card.number);
  await page.getByLabel("Expiry").fill("12 / 34");
  await page.getByLabel("CVC").fill("123");
  await page.getByRole("button", { name: /^Pay / }).click();
}
