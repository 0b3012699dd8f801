import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Page } from "@playwright/test";
import { addresses } from "./addresses.ts";

/** Who has an account from the start (libs/local-world); anybody else makes one. */
export type Name = "alice" | "bob" | "carla" | "dave" | "judy" | "erin" | "frank" | "grace" | "heidi";

/** Where each person's browser state is kept, so that everybody signs in once a run. Gone with the world. */
export const sessionsFolder = () => path.join(addresses().dataDir, "browsers");

const stateOf = (name: string) => path.join(sessionsFolder(), `${name}.json`);

/** A browser of this person's own, signed in at their host when they have not been yet. */
export async function browserOf(
  browser: Browser,
  name: Name,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  if (!existsSync(stateOf(name))) {
    const context = await browser.newContext({ ...options, javaScriptEnabled: true });
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByLabel("Your handle").fill(`${name}.test`);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await signInAtHost(page, `hunter2-${name}`);
    await expect(page.getByRole("navigation", { name: "Yours" })).toContainText(name);
    await context.storageState({ path: stateOf(name) });
    await context.close();
  }
  return browser.newContext({ ...options, storageState: stateOf(name) });
}

/** What a person's own host asks: the password, then whether we may know who they are. */
export async function signInAtHost(page: Page, password: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Password", exact: true });
  await field.fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await comeBack(page);
}

/** The host's own sign-up, in two steps, and its question at the end. */
export async function signUpAtHost(page: Page, name: string): Promise<void> {
  await page.getByRole("textbox", { name: "Type your username" }).fill(name);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("textbox", { name: "Email" }).fill(`${name}@mail.test`);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(`a long password of ${name}`);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await comeBack(page);
}

const comeBack = (page: Page) =>
  page.waitForURL((url) => url.origin === addresses().web && !url.pathname.startsWith("/oauth/"));
