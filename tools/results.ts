import { readFileSync } from "node:fs";

export interface Count {
  passed: number;
  failed: number;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number };
  errors: unknown[];
}

/** Reads what Vitest wrote. A file that failed before its first test counts as one failure. */
export function countVitest(file: string, code: number): Count {
  const report = read<VitestReport>(file);
  if (report === undefined) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    (one) => one.status === "failed" && !one.assertionResults.some((test) => test.status === "failed"),
  );
  return settle({ passed: report.numPassedTests, failed: report.numFailedTests + broken.length }, code);
}

/** Reads what Playwright wrote. A test that passed only when tried again has passed. */
export function countPlaywright(file: string, code: number): Count {
  const report = read<PlaywrightReport>(file);
  if (report === undefined) return { passed: 0, failed: 1 };
  const { expected, flaky, unexpected } = report.stats;
  return settle({ passed: expected + flaky, failed: unexpected }, code);
}

/** A run that ended badly without a failed test (a global set-up, an error outside of tests) is a failure all the same. */
function settle(count: Count, code: number): Count {
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function read<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}
