import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Request, Response } from "@playwright/test";
import { addresses } from "../support/addresses.ts";
import { estimate, propose } from "../support/story.ts";
import { expect, test } from "../support/test.ts";

let elsewhere: Server | undefined;
test.afterEach(() => elsewhere?.close());

/** Somebody's own page, on another origin, that lets in nothing but what the maintainer's page asks for. */
async function pageElsewhere(html: string): Promise<string> {
  const { web } = addresses();
  const server = createServer((_request, response) =>
    response
      .writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": `default-src 'none'; script-src ${web}; connect-src ${web}; img-src ${web}`,
      })
      .end(`<!doctype html><html lang="en"><title>Larkspur</title><h1>Larkspur</h1>${html}</html>`),
  );
  elsewhere = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Cookies know no ports: another site has to have another name.
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

test("a maintainer copies two lines into a page with a strict policy; both show, and nobody is followed", async ({
  as,
  browser,
}) => {
  const [alice, bob] = [await as("alice"), await as("bob")];
  const title = 'Fold <b>long</b> & "quoted" posts';
  const id = await propose(alice, { title });
  await estimate(bob, id, "10");

  await alice.goto(`/proposals/${id}`);
  await alice.getByRole("link", { name: "Show this on your own page" }).click();
  const element = await alice.getByLabel("HTML").inputValue();
  const markdown = await alice.getByLabel("Markdown").inputValue();
  const [, picture = "", target = ""] = /\]\(([^)]+)\)\]\(([^)]+)\)$/.exec(markdown) ?? [];
  expect(target).toBe(`${addresses().web}/proposals/${id}`);

  // Not `stranger`: the console of the other page has to be silent, too, warnings included.
  const context = await browser.newContext();
  const page = await context.newPage();
  const said: string[] = [];
  const headers: Promise<string[]>[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  const namesOf = async (message: Request | Response) =>
    Object.keys(await message.allHeaders()).map((name) => `${name} of ${message.url()}`);
  page.on("request", (request) => headers.push(namesOf(request)));
  page.on("response", (response) => headers.push(namesOf(response)));
  // As somebody who has been to Freehold before, with a cookie of ours in the browser.
  await context.addCookies([
    { name: "freehold_session", value: "x".repeat(43), url: addresses().web, sameSite: "Lax" },
  ]);

  await page.goto(await pageElsewhere(`<p><img src="${picture}" alt="on Freehold"></p>${element}`));
  const link = page.locator("freehold-feature").getByRole("link");
  await expect(link).toContainText("Fund this feature on Freehold");
  await expect(link).toContainText(title);
  await expect(link).toContainText("Larkspur · ");
  await expect(link).toHaveAttribute("href", `${addresses().web}/proposals/${id}`);
  const width = await page
    .getByRole("img", { name: "on Freehold" })
    .evaluate((img: HTMLImageElement) => img.naturalWidth);
  expect(width, "the badge is a picture that loaded").toBeGreaterThan(50);
  expect(said).toEqual([]);
  const names = (await Promise.all(headers)).flat();
  expect(names.filter((name) => name.includes("/w/1/")).length, "we looked at the requests").toBeGreaterThan(10);
  expect(names.filter((name) => /cookie/i.test(name))).toEqual([]);

  await link.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  await context.close();
});

test("without scripts the link inside the element is still there", async ({ browser }) => {
  const { web } = addresses();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(
    await pageElsewhere(
      `<script type="module" src="${web}/w/1/freehold-feature.js"></script><freehold-feature feature="none"><a href="${web}/">Look</a></freehold-feature>`,
    ),
  );
  await expect(page.getByRole("link", { name: "Look" })).toBeVisible();
  await context.close();
});
