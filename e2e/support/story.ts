/** The verbs of the story, each as a person does them: on our pages, with a keyboard and a mouse. */
import { expect, type Page } from "@playwright/test";
import { addresses } from "./addresses.ts";
import { type Card, payByCard, VISA } from "./pay.ts";

export interface Wish {
  title: string;
  project?: string;
  why?: string;
  points?: string[];
}

export const main = (page: Page) => page.getByRole("main");

export async function fillProposal(page: Page, wish: Wish): Promise<void> {
  await page.getByLabel("Project").fill(wish.project ?? "Larkspur");
  await page.getByLabel("Title").fill(wish.title);
  await page
    .getByLabel("Why")
    .fill(wish.why ?? "On the train I lose the thread I was reading; it should stay with me.");
  await page
    .getByLabel("What it should do")
    .fill((wish.points ?? ["A thread you have opened is readable without a connection."]).join("\n"));
}

/** @returns the proposal's id */
export async function propose(page: Page, wish: Wish): Promise<string> {
  await page.goto("/propose");
  await fillProposal(page, wish);
  await page.getByRole("button", { name: "Propose this feature" }).click();
  await expect(main(page)).toContainText("Your proposal is published.");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(wish.title);
  return proposalOf(page);
}

export function proposalOf(page: Page): string {
  const id = /^\/proposals\/([0-9a-f-]{36})/.exec(new URL(page.url()).pathname)?.[1];
  if (id === undefined) throw new Error(`${page.url()} is no page of a proposal.`);
  return id;
}

/** The development that is under way, as the public answer names it. */
export async function developmentOf(page: Page, proposalId: string): Promise<string> {
  const answer = await page.request.get(`/api/proposals/${proposalId}`);
  return ((await answer.json()) as { development: { id: string } }).development.id;
}

export async function tryEstimate(page: Page, proposalId: string, dollars: string): Promise<void> {
  await page.goto(`/proposals/${proposalId}/estimate`);
  await page.getByLabel("What you would pay").fill(dollars);
  await page.getByRole("button", { name: /^(Send|Change) the estimate$/ }).click();
}

export async function estimate(page: Page, proposalId: string, dollars: string): Promise<void> {
  await tryEstimate(page, proposalId, dollars);
  await expect(main(page)).toContainText("Your estimate is recorded.");
}

/** Onboarding on the processor's page; nothing when that is done already. */
export async function getPaid(page: Page, legalName: string): Promise<void> {
  await page.goto("/get-paid");
  if (await page.getByText("Payment can reach you.").isVisible()) return;
  await page.getByRole("button", { name: "Set up how you are paid" }).click();
  await page.getByLabel("Legal name").fill(legalName);
  await page.getByRole("button", { name: "Finish onboarding" }).click();
  await expect(main(page)).toContainText("Payment can reach you.");
}

export async function reserve(page: Page, proposalId: string, repository: string, goal?: string): Promise<string> {
  await page.goto(`/proposals/${proposalId}`);
  await page.getByRole("link", { name: "Reserve it and build it" }).click();
  await page.getByLabel("Repository for the release").fill(repository);
  if (goal) await page.getByLabel("What you hope for").fill(goal);
  await page.getByRole("button", { name: "Reserve it" }).click();
  await expect(main(page)).toContainText("It is yours to build.");
  await seen(page, proposalId, "The repository's state at the start was recorded");
  return developmentOf(page, proposalId);
}

export async function donate(
  page: Page,
  proposalId: string,
  now: string,
  inAll: string,
  card: Card = VISA,
): Promise<void> {
  await page.goto(`/proposals/${proposalId}`);
  await page.getByRole("link", { name: "Donate to the developer" }).click();
  await page.getByLabel("Donation now").fill(now);
  await page.getByLabel("What you would pay in all").fill(inAll);
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await payByCard(page, card);
  await expect(main(page)).toContainText("donated: given to the developer.");
}

/** The shortest that the policy allows: three days to try it, seven to object. */
export async function openPreview(page: Page, proposalId: string, points?: string[]): Promise<void> {
  await page.goto(`/proposals/${proposalId}`);
  await page.getByRole("link", { name: "Open the preview" }).click();
  await page.getByLabel("Address of the preview").fill(`${addresses().preview}/larkspur`);
  await page
    .getByLabel("How to reach the feature")
    .fill("Open the address, sign in with any handle, and open a thread.");
  if (points) await page.getByLabel("What it does").fill(points.join("\n"));
  await page.getByLabel("Days of preview").fill("3");
  await page.getByLabel("Days for objections").fill("7");
  await page.getByRole("button", { name: "Open the preview" }).click();
  await expect(main(page)).toContainText("The preview is open.");
}

/** Up to the processor's page: the amount, what it means, and the button. */
export async function beginPledge(page: Page, proposalId: string, dollars: string): Promise<void> {
  await page.goto(`/proposals/${proposalId}`);
  await page.getByRole("link", { name: /^Pledge( more)?$/ }).click();
  await page.getByLabel("Your pledge").fill(dollars);
  await page.getByRole("button", { name: "See what it means" }).click();
  await page.getByRole("button", { name: /^Pledge \$/ }).click();
}

export async function pledge(page: Page, proposalId: string, dollars: string, card: Card = VISA): Promise<void> {
  await beginPledge(page, proposalId, dollars);
  await payByCard(page, card);
  await expect(main(page)).toContainText("pledged: held.");
}

/** Staff wind everybody's clock; what is due by then happens within seconds. */
export async function wind(staff: Page, by: `+${number}${"d" | "h" | "m"}`): Promise<void> {
  await staff.goto("/staff/clock");
  await staff.getByLabel("Wind it by").fill(by);
  await staff.getByRole("button", { name: "Wind the clock" }).click();
  await expect(main(staff)).toContainText("The clock is wound.");
}

/** Looks at the proposal's page until it says so. */
export async function seen(page: Page, proposalId: string, sentence: string | RegExp): Promise<void> {
  const found = main(page).getByText(sentence).first();
  await expect(async () => {
    await page.goto(`/proposals/${proposalId}`);
    await expect(found).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 45_000, intervals: [200, 300, 500, 500, 1000] });
}

export async function chooseRelease(page: Page, proposalId: string): Promise<void> {
  await page.goto(`/proposals/${proposalId}`);
  await page.getByRole("link", { name: "Decide" }).click();
  await page.getByRole("button", { name: "Release the code" }).click();
  await expect(main(page)).toContainText("You decided to release.");
}

export async function submitRelease(page: Page, proposalId: string, commit: string): Promise<void> {
  await page.goto(`/proposals/${proposalId}`);
  await page.getByRole("link", { name: "Submit the released commit" }).click();
  await page.getByLabel("Commit").fill(commit);
  await page.getByRole("button", { name: "Submit the release" }).click();
  await expect(main(page)).toContainText("The release is submitted and is being checked.");
}
