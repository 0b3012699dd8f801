import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Download, Page } from "@playwright/test";
import { addresses } from "../support/addresses.ts";
import { expectAgreement } from "../support/agreement.ts";
import { newRepository, pushCommit } from "../support/git.ts";
import { picture } from "../support/pictures.ts";
import { expectPlainToRead } from "../support/plain-to-read.ts";
import { atProcessor } from "../support/processor.ts";
import {
  chooseRelease,
  donate,
  getPaid,
  main,
  openPreview,
  pledge,
  propose,
  reserve,
  seen,
  submitRelease,
  wind,
} from "../support/story.ts";
import { expect, test } from "../support/test.ts";

async function downloaded(page: Page, name: string | RegExp): Promise<{ text: string; download: Download }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { text: readFileSync(await download.path(), "utf8"), download };
}

/** What a reader does with a claim that somebody showed them. */
const verify = (file: string) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const command = ["tools/verify-claim.ts", file, addresses().web];
    const cwd = path.join(import.meta.dirname, "../..");
    execFile(process.execPath, command, { cwd }, (error, out, fault) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: out + fault }),
    );
  });

test("everybody can follow their money: receipt and claim, payouts, table, books, and what staff do about the rest", async ({
  as,
  stranger,
}) => {
  const [alice, carla, judy, frank] = [await as("alice"), await as("carla"), await as("judy"), await as("frank")];
  const title = "Mark a thread as read";
  const id = await propose(alice, { title });
  await getPaid(judy, "Judy Developer");
  const repository = await newRepository("judy", "larkspur-read-marks");
  const development = await reserve(judy, id, repository.webUrl);
  await donate(carla, id, "7", "20");
  await openPreview(judy, id);
  await pledge(alice, id, "19.99");
  const receipt = new URL(alice.url()).pathname;
  await pledge(carla, id, "30");

  await test.step("a receipt says where the money would go, and by which day it is decided", async () => {
    await expect(main(alice)).toContainText(/it has bought the code or is on its way back: 71 days from now\./);
    await expect(alice.getByRole("row", { name: /judy/ })).toContainText("$19.00");
    await expect(alice.getByRole("row", { name: /Freehold/ })).toContainText("$0.99");
    await picture(alice, "receipt-held");
  });

  await wind(frank, "+3d");
  await seen(alice, id, "Pledges are closed while judy decides");
  await chooseRelease(judy, id);
  const commit = await pushCommit(repository.cloneUrl, repository.signIn, { "src/read.ts": "export {};\n" }, title);
  await submitRelease(judy, id, commit);
  await seen(alice, id, /The code has been public under MIT since/);
  await wind(frank, "+16d");
  await seen(alice, id, "This feature is free.");

  await test.step("alice's receipt tells every event in order, and can be printed", async () => {
    await alice.goto(receipt);
    const events = await main(alice).locator("ol.history li > span:last-child").allTextContents();
    expect(events).toEqual([
      "The payment page was opened, for $20.94.",
      expect.stringMatching(/^You paid \$20\.94: \$19\.99 is held for the feature, and \$0\.95 is our service fee\./),
      "The release stood: your pledge was divided into $19.00 for judy, $0.99 for Freehold.",
      "$19.00 was paid out to judy.",
    ]);
    await alice.emulateMedia({ media: "print" });
    await expect(alice.getByRole("navigation", { name: "Main" })).toBeHidden();
    await expect(alice.getByRole("link", { name: "Download this as a signed statement" })).toBeHidden();
    await expect(main(alice)).toContainText(title);
    await alice.emulateMedia({ media: null });
  });

  await test.step("she downloads it as a claim, which holds, and does not once a digit of it is changed", async () => {
    const { text, download } = await downloaded(alice, "Download this as a signed statement");
    expect(download.suggestedFilename()).toBe(`freehold-payment-${receipt.split("/").at(-1)}.jws`);
    const file = path.join(addresses().dataDir, "claim.jws");
    writeFileSync(file, text);
    const held = await verify(file);
    expect(held).toMatchObject({ code: 0 });
    expect(held.said).toMatch(/did:plc:\w+ paid a pledge of \$19\.99 and a service fee of \$0\.95\./);
    expect(held.said).toContain(`proposal ${id}, development ${development}`);
    const [header, payload, signature] = text.split(".");
    const richer = Buffer.from(payload!, "base64url").toString().replace('"1999"', '"9999"');
    writeFileSync(file, [header, Buffer.from(richer).toString("base64url"), signature].join("."));
    expect(await verify(file)).toMatchObject({ code: 1 });
  });

  await test.step("judy sees each pledge that she is paid for, gross, our part and net, and her donations apart", async () => {
    await judy.goto(`/proposals/${id}`);
    await judy.getByRole("link", { name: "What you were paid, pledge by pledge" }).click();
    await expect(judy.getByRole("heading", { level: 1 })).toHaveText("What you are paid");
    const table = judy.getByRole("table", { name: `Pledges paid out for ${title}` });
    await expect(table.getByRole("row")).toHaveCount(3);
    await expect(table.getByRole("row", { name: /\$19\.99/ })).toContainText(/paid.*\$19\.99.*\$0\.99.*\$19\.00/);
    await expect(main(judy)).toContainText("2 pledges: $49.99 less our part of $2.49 is $47.50 for you.");
    await expect(judy.getByRole("table", { name: "Donations to you" }).getByRole("row", { name: title })).toContainText(
      "$7.00",
    );
    await picture(judy, "payouts");
  });

  await test.step("judy and alice take the movements of their money along as tables", async () => {
    const hers = await downloaded(judy, /as a table/);
    expect(hers.download.suggestedFilename()).toMatch(/^freehold-\d{4}-\d\d-\d\d\.csv$/);
    const mine = hers.text.split("\r\n").filter((line) => line.includes(title));
    // Payouts of one settlement begin at one moment; which stands first is their ids' affair.
    expect(mine.map((line) => line.split(",").slice(1, 6).join(",")).toSorted()).toEqual([
      `"donation","payee","${title}","a backer",7.00`,
      `"payout","payee","${title}","a backer",19.99`,
      `"payout","payee","${title}","a backer",30.00`,
      `"platform fee","payee","${title}","Freehold",-0.99`,
      `"platform fee","payee","${title}","Freehold",-1.50`,
    ]);
    await alice.goto("/money");
    const { text } = await downloaded(alice, /as a table/);
    expect(text).toContain(`"pledge","payer","${title}","judy",-19.99,"USD","paid"`);
    expect(text).toContain(`"service fee","payer","${title}","judy",-0.95,"USD","paid"`);
  });

  await test.step("staff see what the machine leaves to a person, and say what they did", async () => {
    const [charge] = (await atProcessor(development)).charges;
    await fetch(`${addresses().stripe}/__sim/raiseWarning`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([charge!.id]),
    });
    const task = frank.getByRole("article").filter({ hasText: title }).filter({ hasText: "Fraud warning" });
    await expect(async () => {
      await frank.goto("/staff");
      await expect(task).toBeVisible({ timeout: 100 });
    }).toPass({ timeout: 45_000, intervals: [300, 500, 1000] });
    await picture(frank, "staff");
    await expectPlainToRead(frank, "/staff");
    await task.getByText("Say that it is done").click();
    await task.getByLabel("What was done").fill("no");
    await task.getByRole("button", { name: "Mark it as done" }).click();
    await expect(task.getByRole("alert")).toBeVisible();
    await task.getByLabel("What was done").fill("Payer and payee do not know each other; nothing to reclaim.");
    await task.getByRole("button", { name: "Mark it as done" }).click();
    await expect(main(frank)).toContainText("The task is done; your note stands below.");
    await expect(main(frank)).toContainText("nothing to reclaim");
    await expect(main(frank).getByRole("article").filter({ hasText: "nothing to reclaim" })).toContainText("frank");
  });

  await test.step("the books say it all to anybody, without a script", async () => {
    const visitor = await stranger({ javaScriptEnabled: false });
    await visitor.goto("/books");
    for (const name of ["Our own funds", "We aim to keep at least", "Half of them within", "Card fees we paid"])
      await expect(main(visitor)).toContainText(name);
    await expect(main(visitor)).toContainText("From the submission of the released commit until everyone was paid");
    const reader = await stranger();
    await expectPlainToRead(reader, "/books");
    await picture(reader, "books", "/books");
    for (const [page, path] of [
      [judy, "/payouts"],
      [alice, receipt],
      [alice, "/money"],
    ] as const)
      await expectPlainToRead(page, path);
  });
  await expectAgreement(alice, carla);
});
