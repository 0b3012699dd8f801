import { test as base, type BrowserContextOptions, expect, type Page } from "@playwright/test";
import { addresses } from "./addresses.ts";
import { browserOf, type Name } from "./people.ts";

interface Cast {
  /** A page in this person's own browser. The same one each time in a test. */
  as(name: Name): Promise<Page>;
  /** A page in the browser of somebody nobody knows. */
  stranger(options?: BrowserContextOptions): Promise<Page>;
}

/** Journeys: everybody has a browser of their own, and nothing may go wrong in any of them unseen. */
export const test = base.extend<Cast & { script: boolean }>({
  /** Set to false with `test.use`, and nobody's browser runs scripts on our pages. */
  script: [true, { option: true }],
  baseURL: async ({}, use) => use(addresses().web),
  as: async ({ browser, baseURL, script }, use) => {
    const pages = new Map<Name, Page>();
    const faults: string[] = [];
    await use(async (name) => {
      const known = pages.get(name);
      if (known) return known;
      const context = await browserOf(browser, name, { baseURL: baseURL!, javaScriptEnabled: script });
      const page = await context.newPage();
      watch(page, name, faults);
      pages.set(name, page);
      return page;
    });
    for (const page of pages.values()) await page.context().close();
    expect(faults, "no page said that something is wrong with it").toEqual([]);
  },
  stranger: async ({ browser, baseURL, script }, use) => {
    const open: Page[] = [];
    const faults: string[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ baseURL: baseURL!, javaScriptEnabled: script, ...options });
      const page = await context.newPage();
      watch(page, "a stranger", faults);
      open.push(page);
      return page;
    });
    for (const page of open) await page.context().close();
    expect(faults, "no page said that something is wrong with it").toEqual([]);
  },
});

/** Our own pages may not write errors, break a policy or answer with a fault. Refusals are answers. */
function watch(page: Page, who: string, faults: string[]): void {
  const { web } = addresses();
  page.on("console", (message) => {
    const refusal = /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && message.location().url.startsWith(web) && !refusal)
      faults.push(`${who} at ${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => {
    if (page.url().startsWith(web)) faults.push(`${who} at ${page.url()}: ${error.message}`);
  });
  page.on("response", (response) => {
    if (response.url().startsWith(web) && response.status() >= 500)
      faults.push(`${who}: ${response.url()} answered ${response.status()}`);
  });
}

export { expect };
