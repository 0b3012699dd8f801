import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { countPlaywright, countVitest } from "./results.ts";

const folder = mkdtempSync(path.join(tmpdir(), "freehold-results-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(content: object): string {
  const file = path.join(folder, "report.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("tests are counted as they are reported", () => {
  const passed = { status: "passed", assertionResults: [{ status: "passed" }] };
  expect(countVitest(report({ numPassedTests: 7, numFailedTests: 0, testResults: [passed] }), 0)).toEqual({
    passed: 7,
    failed: 0,
  });
  const stats = { expected: 3, flaky: 1, unexpected: 2 };
  expect(countPlaywright(report({ stats, errors: [] }), 1)).toEqual({ passed: 4, failed: 2 });
});

test("a file that fails before its first test is a failure", () => {
  const broken = { status: "failed", assertionResults: [] };
  expect(countVitest(report({ numPassedTests: 7, numFailedTests: 0, testResults: [broken] }), 1)).toEqual({
    passed: 7,
    failed: 1,
  });
});

test("a run without a report, or that ends badly without a failed test, is a failure", () => {
  expect(countVitest(path.join(folder, "nothing.json"), 0)).toEqual({ passed: 0, failed: 1 });
  expect(countPlaywright(path.join(folder, "nothing.json"), 0)).toEqual({ passed: 0, failed: 1 });
  expect(countVitest(report({ numPassedTests: 7, numFailedTests: 0, testResults: [] }), 1)).toEqual({
    passed: 7,
    failed: 1,
  });
});
