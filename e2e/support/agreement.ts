import { expect, type Page } from "@playwright/test";
import { addresses } from "./addresses.ts";
import { dump, sum } from "./processor.ts";
import { main } from "./story.ts";

/** "$1,240.65" as 124065. */
export function minor(text: string | null): number {
  const [, units = "", cents = "0"] = /\$([\d,]+)(?:\.(\d\d))?/.exec(text ?? "") ?? [];
  if (units === "") throw new Error(`“${text}” is no sum.`);
  return Number(units.replaceAll(",", "")) * 100 + Number(cents);
}

/** A named figure of a page, minor units. */
export async function figure(page: Page, name: RegExp): Promise<number> {
  return minor(await main(page).locator("dl > div").filter({ hasText: name }).getByRole("definition").textContent());
}

/**
 * How every journey ends: the books prove themselves and equal what lies at the processor; the page of the books and each
 * person's own money show what the processor itself remembers.
 */
export async function expectAgreement(...people: Page[]): Promise<void> {
  await expect.poll(findings, { message: "the books balance", timeout: 20_000 }).toEqual([]);
  const [first] = people;
  if (!first) throw new Error("Somebody has to look.");
  const remembered = await rememberedPayments();
  const all = [...remembered.values()];
  await first.goto("/books");
  await expect(main(first)).toContainText("The books balance.");
  expect(await booksOn(first), "the books' page says what the processor remembers").toEqual({
    held: sum(all.filter((one) => one.state === "held")),
    paid: all.reduce((total, one) => total + one.transferred, 0),
    donated: sum(all.filter((one) => one.state === "given")),
    returned: all.reduce((total, one) => total + one.returned, 0),
    ownFunds: (await balance()) - sum(all.filter((one) => one.state === "held")),
  });
  for (const page of people) {
    const mine = (await paymentsOn(page)).flatMap((id) => remembered.get(id) ?? []);
    expect(await moneyOn(page), "their money is what the processor remembers of it").toEqual({
      held: sum(mine.filter((one) => one.state === "held")),
      paid: sum(mine.filter((one) => one.state === "paid")),
      donated: sum(mine.filter((one) => one.state === "given")),
      returned: mine.reduce((total, one) => total + one.returned, 0),
    });
  }
}

const findings = async () => (await (await fetch(addresses().books)).json()) as string[];

async function booksOn(page: Page) {
  return {
    held: await figure(page, /^Held for/),
    paid: await figure(page, /^Paid to developers/),
    donated: await figure(page, /^Donated to developers/),
    returned: await figure(page, /^Returned to backers/),
    ownFunds: await figure(page, /^Our own funds\$/),
  };
}

async function moneyOn(page: Page) {
  return {
    held: await figure(page, /^Held for you/),
    paid: await figure(page, /^Paid for finished features/),
    donated: await figure(page, /^Donated to developers/),
    returned: await figure(page, /^Returned to you/),
  };
}

async function paymentsOn(page: Page): Promise<string[]> {
  await page.goto("/money");
  const days = await main(page)
    .getByRole("table", { name: "What you paid" })
    .locator("tbody th time")
    .evaluateAll((times) => times.map((time) => time.getAttribute("datetime") ?? ""));
  expect(days, "what was paid last stands first").toEqual(days.toSorted().toReversed());
  const links = await main(page).getByRole("link", { name: "Receipt" }).all();
  return Promise.all(links.map(async (link) => (await link.getAttribute("href"))?.split("/").at(-1) ?? ""));
}

interface Remembered {
  /** Without the service fee. */
  amount: number;
  state: "held" | "paid" | "given" | "returned";
  /** What was paid out of it. */
  transferred: number;
  /** What went back, the service fee included where it did. */
  returned: number;
}

/** Every payment that was charged, by our id, told from the processor's objects alone. */
async function rememberedPayments(): Promise<Map<string, Remembered>> {
  const { charge, transfer, refund, session } = await dump();
  const priceOf = new Map(session.map((one) => [one.client_reference_id, one.line_items[0]?.unit_amount ?? 0]));
  const rows = charge
    .filter((one) => one.status === "succeeded" && one.metadata["payment_id"] !== undefined)
    .map((one): [string, Remembered] => {
      const id = one.metadata["payment_id"] ?? "";
      const amount = priceOf.get(id) ?? 0;
      const returned = sum(refund.filter((back) => back.charge === one.id && back.status === "succeeded"));
      if (one.metadata["kind"] === "donation") return [id, { amount, state: "given", transferred: 0, returned }];
      const transferred = sum(transfer.filter((out) => out.source_transaction === one.id));
      return [
        id,
        { amount, state: returned > 0 ? "returned" : transferred > 0 ? "paid" : "held", transferred, returned },
      ];
    });
  return new Map(rows);
}

/** What the processor itself says it holds for us, available or pending. */
async function balance(): Promise<number> {
  const response = await fetch(`${addresses().stripe}/v1/balance`, {
    headers: { authorization: "Bearer sk_test_local" },
  });
  const { available, pending } = (await response.json()) as Record<"available" | "pending", { amount: number }[]>;
  return sum(available) + sum(pending);
}
