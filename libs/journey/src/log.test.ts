import { testEnvironment } from "@freehold/testing";
import { expect, test } from "vitest";
import { createLog } from "./log.ts";

test("no secret of ours reaches the log, whatever an error says", () => {
  const lines: string[] = [];
  const secrets = ["pa55word-of-the-app", "sk_test_market", "a secret for tests, long enough to be one"];
  const environment = testEnvironment({ DATABASE_URL: `postgresql://app:${secrets[0]}@127.0.0.1/freehold` });
  createLog(environment, "test", { write: (line) => lines.push(line) }).error(
    { err: new Error(`cannot connect: ${secrets.join(" ")}`) },
    "failed",
  );
  expect(lines.join("")).toContain("cannot connect: [secret] [secret] [secret]");
  for (const secret of secrets) expect(lines.join("")).not.toContain(secret);
});

test("nor anybody else's key, client secret, token or card number; a sum and an id stay", () => {
  const lines: string[] = [];
  createLog(testEnvironment(), "test", { write: (line) => lines.push(line) }).warn(
    "rk_live_51Habcdefghijklmn pi_3Pab_secret_aBcDeFgHiJkL eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.abcdefghij 4242 4242 4242 4242 " +
      "paid 261000 of 4242424242424241",
  );
  expect(lines.join("")).toContain("[secret] [secret] [secret] [card] paid 261000 of 4242424242424241");
});
