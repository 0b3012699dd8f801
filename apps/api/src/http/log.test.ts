import { expect, test } from "vitest";
import { environmentWith } from "../testing/api.ts";
import { createLog } from "./log.ts";

test("no secret of ours reaches the log, whatever an error says", () => {
  const lines: string[] = [];
  const secrets = ["pa55word-of-the-app", "sk_test_0000000000", "a session secret for tests, nobody else's"];
  const environment = environmentWith({ DATABASE_URL: `postgresql://app:${secrets[0]}@127.0.0.1/freehold` });
  createLog(environment, (line) => lines.push(line)).error(
    { err: new Error(`cannot connect: ${secrets.join(" ")}`) },
    "failed",
  );
  expect(lines.join("")).toContain("cannot connect: [secret] [secret] [secret]");
  for (const secret of secrets) expect(lines.join("")).not.toContain(secret);
});
