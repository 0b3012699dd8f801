import type { Page } from "@playwright/test";
import { newRepository, pushCommit } from "../support/git.ts";
import { payByCard, VISA } from "../support/pay.ts";
import { picture, pictureForReadme } from "../support/pictures.ts";
import { expectPlainToRead } from "../support/plain-to-read.ts";
import {
  beginPledge,
  chooseRelease,
  donate,
  estimate,
  getPaid,
  main,
  openPreview,
  propose,
  reserve,
  seen,
  submitRelease,
  wind,
} from "../support/story.ts";
import { expect, test } from "../support/test.ts";

const words = {
  title: "Read threads offline, also those with many pictures",
  project: "Larkspur",
  why: "On the train I lose the thread I was reading. What I have opened should stay readable until I close it, pictures included; today everything is gone at the first tunnel.",
  points: [
    "A thread you have opened is readable without a connection.",
    "Its pictures are there, too.",
    "What you wrote in the tunnel is sent afterwards, once.",
  ],
};

test("every page can be read on a small screen, by a machine that reads aloud, and in the dark", async ({
  as,
  stranger,
}) => {
  const [alice, bob, carla] = [await as("alice"), await as("bob"), await as("carla")];
  const [judy, frank] = [await as("judy"), await as("frank")];
  const visitor = await stranger();
  for (const path of ["/", "/how-it-works", "/books", "/sign-in", "/propose", "/proposals", "/nowhere"])
    await expectPlainToRead(visitor, path);

  const id = await propose(alice, words);
  const here = `/proposals/${id}`;
  await estimate(bob, id, "20");
  await expectPlainToRead(visitor, here);
  await expectPlainToRead(visitor, `${here}/estimate`);
  await expectPlainToRead(visitor, `${here}/badge`);
  await getPaid(judy, "Judy Developer");
  await expectPlainToRead(judy, `${here}/reserve`);
  const repository = await newRepository("judy", "larkspur-offline-pictures");
  await reserve(judy, id, repository.webUrl, "150");
  await donate(carla, id, "10", "20");
  await expectPlainToRead(visitor, here);
  await expectPlainToRead(carla, `${here}/donate`);
  await expectPlainToRead(judy, `${here}/preview`);

  await openPreview(judy, id, words.points);
  await beginPledge(alice, id, "40");
  await payByCard(alice, VISA);
  const receipt = new URL(alice.url()).pathname;
  await beginPledge(bob, id, "25");
  await payByCard(bob, VISA);
  for (const path of [here, `${here}/pledge?amount=40`, `${here}/take-back`, receipt, "/money", "/notices"])
    await expectPlainToRead(alice, path);
  await picture(visitor, "proposal-in-preview", here);
  await pictureForReadme(visitor, "proposal-page");
  await picture(visitor, "pledge", `${here}/pledge?amount=40`);
  await picture(alice, "money", "/money");
  await picture(alice, "receipt", receipt);

  await wind(frank, "+3d");
  await seen(alice, id, "Pledges are closed while judy decides");
  await expectPlainToRead(judy, `${here}/decide`);
  await expectPlainToRead(alice, here);
  await picture(judy, "decide", `${here}/decide`);
  await chooseRelease(judy, id);
  await expectPlainToRead(judy, `${here}/release`);
  await submitRelease(
    judy,
    id,
    await pushCommit(repository.cloneUrl, repository.signIn, { "offline.ts": "export {};\n" }, "Read offline"),
  );
  await seen(alice, id, /The code has been public under MIT since/);
  await expectPlainToRead(alice, here);
  await expectPlainToRead(alice, `${here}/dispute`);
  await alice.goto(here);
  const proof = await alice.getByRole("link", { name: "The whole proof" }).getAttribute("href");
  await expectPlainToRead(visitor, proof!);
  await expectPlainToRead(alice, `${here}/confirm`);
  await picture(alice, "proposal-in-verification", here);

  await wind(frank, "+12d");
  await seen(visitor, id, "This feature is free.");
  for (const path of [here, "/", "/books"]) await expectPlainToRead(visitor, path);
  for (const path of ["/staff", "/staff/clock"]) await expectPlainToRead(frank, path);
  await expectPlainToRead(judy, "/money");
  await expectPlainToRead(judy, "/get-paid");
  await picture(visitor, "proposal-free", here);
  await picture(visitor, "front", "/");
  await picture(visitor, "books", "/books");
  await picture(visitor, "how-it-works", "/how-it-works");
  await picture(visitor, "explore", "/proposals");
  await picture(visitor, "sign-in", "/sign-in");
  await picture(visitor, "propose", "/propose");
  await picture(frank, "staff", "/staff");
});

test("somebody without a mouse finds a wish on the front page and estimates it", async ({ as }) => {
  const alice = await as("alice");
  const title = "Go back to where I was";
  await propose(alice, { title });
  const page = await as("carla");
  await page.goto("/");
  await tabTo(page, "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, title);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  await tabTo(page, "Estimate what it is worth");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("What would it be worth to you?");
  await tabTo(page, "amount");
  await page.keyboard.type("17.50");
  await page.keyboard.press("Enter");
  await expect(main(page)).toContainText("Your estimate is recorded.");
  await expect(main(page)).toContainText("1 person would pay $17.50 together.");
});

/** Presses Tab until a link, button or field of this name has the focus, and sees that it shows. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const [text, field] = await page.evaluate(() => [
      document.activeElement?.textContent?.trim() ?? "",
      document.activeElement?.getAttribute("name") ?? "",
    ]);
    if (text !== name && field !== name) continue;
    const focused = page.locator(":focus");
    await expect(focused).toBeInViewport();
    const ring = await focused.evaluate((element) => {
      const own = getComputedStyle(element);
      const around = element.parentElement ? getComputedStyle(element.parentElement) : own;
      return [own.outlineStyle, around.outlineStyle, own.boxShadow, around.boxShadow];
    });
    expect(
      ring.some((style) => style !== "none"),
      `the focus on “${name}” can be seen`,
    ).toBe(true);
    return;
  }
  throw new Error(`Nobody reaches “${name}” with the Tab key.`);
}
