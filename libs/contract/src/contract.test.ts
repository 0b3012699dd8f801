import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { endpoints, line, moneyInput, prose, refusals, webAddress } from "./index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/generated|testing|dist/.test(file))
    .map((file) => readFileSync(path.join(root, folder, file), "utf8"));
}

test("every refusal of the vault and of the values is on the list", () => {
  const said = ["libs/escrow/src", "libs/values/src"]
    .flatMap(sources)
    .flatMap((text) => [...text.matchAll(/new Refusal\(\s*"([a-z_]+)"/g)].map((found) => found[1]!));
  expect(said.length).toBeGreaterThan(4);
  expect(said.filter((code) => !Object.hasOwn(refusals, code))).toEqual([]);
});

test("no refusal on the list is said by nobody", () => {
  const text = [
    "libs/escrow/src",
    "libs/values/src",
    "libs/journey/src",
    "libs/atproto/src",
    "apps/api/src",
    "apps/web/app",
  ]
    .flatMap(sources)
    .join("\n");
  const server = readFileSync(path.join(root, "apps/web/server.mjs"), "utf8");
  expect(Object.keys(refusals).filter((code) => !`${text}${server}`.includes(`"${code}"`))).toEqual([]);
});

test("an action that moves money needs a key, and an endpoint that changes something needs a person", () => {
  const changing = Object.entries(endpoints).filter(([, endpoint]) => endpoint.method === "POST");
  expect(changing.filter(([, endpoint]) => !("signedIn" in endpoint)).map(([name]) => name)).toEqual([]);
  expect(
    changing
      .filter(([, endpoint]) => "money" in endpoint)
      .map(([name]) => name)
      .toSorted(),
  ).toEqual(["createDonation", "createPledge", "decide", "ruleCase", "stopDevelopment", "takeBack"]);
});

test.each(["", "-500", "5.00", "1e3", "NaN", " 500", "0x10", "1234567890123", "٥٠٠"])(
  "%j is not a sum of money",
  (minor) => {
    expect(moneyInput.safeParse({ minor, currency: "USD" }).success).toBe(false);
  },
);

test("a sum is whole minor units as text, in a currency we take", () => {
  expect(moneyInput.safeParse({ minor: "2500", currency: "USD" }).success).toBe(true);
  expect(moneyInput.safeParse({ minor: 2500, currency: "USD" }).success).toBe(false);
  expect(moneyInput.safeParse({ minor: "2500", currency: "EUR" }).success).toBe(false);
  expect(moneyInput.safeParse({ minor: "2500", currency: "USD", more: 1 }).success).toBe(false);
});

test("text that turns a page round, or hides in it, is refused; script in it is only text", () => {
  expect(line(1, 50).safeParse("a\u202Eb").success).toBe(false);
  expect(line(1, 50).safeParse("a\nb").success).toBe(false);
  expect(prose(1, 50).safeParse("a\nb").success).toBe(true);
  expect(prose(1, 50).safeParse("a\u0000b").success).toBe(false);
  expect(line(1, 50).safeParse("<script>alert(1)</script>").success).toBe(true);
});

test("an address is http or https, without a name or password in it", () => {
  expect(webAddress.safeParse("https://preview.example/x").success).toBe(true);
  for (const bad of [
    "javascript:alert(1)",
    "ftp://x.example",
    "https://a:b@x.example",
    "//x.example",
    "data:text/html,x",
  ])
    expect(webAddress.safeParse(bad).success).toBe(false);
});
