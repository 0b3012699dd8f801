/**
 * `node tools/mutate-checks.ts [check …]`: switches off one check of the proof of release after the other and sees that tests fail.
 * A check whose absence no test notices proves nothing. Part of `npm run test:long`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checksInOrder } from "../libs/forge-verify/src/checks/index.ts";
import { requireNode24, run } from "./run.ts";

requireNode24();

/** Tests on the pure decision: every check must be missed there. */
const decision = "src/decide.test.ts";
/** Tests with real git behind them, where the check is what a case turns on. */
const cases: Partial<Record<string, string>> = {
  "safe-address": "src/verify.public.test.ts",
  identity: "src/verify.public.test.ts",
  "public-now": "src/verify.public.test.ts",
  mirror: "src/verify.hostile.test.ts",
  reachable: "src/verify.reachable.test.ts",
  "new-since-baseline": "src/verify.newness.test.ts",
  licence: "src/verify.licence.test.ts",
  "complete-source": "src/verify.source.test.ts",
  "same-as-preview": "src/verify.release.test.ts",
  preserved: "src/verify.release.test.ts",
  final: "src/verify.final.test.ts",
};

const folder = mkdtempSync(path.join(tmpdir(), "mutate-checks-"));

async function missed(check: string, file: string): Promise<boolean> {
  const report = path.join(folder, `${check}.json`);
  const options = ["--config", "tools/mutate-checks.config.ts", "--bail", "1", "--reporter", "json"];
  const { code, output } = await run(["vitest", "run", ...options, "--outputFile", report, file], {
    env: { FREEHOLD_WITHOUT_CHECK: check },
  });
  const said = existsSync(report) ? (JSON.parse(readFileSync(report, "utf8")) as Summary) : null;
  rmSync(report, { force: true });
  // A run that could not even begin has missed nothing.
  if (!said || said.numTotalTests === 0) throw new Error(`${file} did not run without ${check}:\n${output}`);
  return code !== 0 && said.numFailedTests > 0;
}

interface Summary {
  numFailedTests: number;
  numTotalTests: number;
}

const asked = process.argv.slice(2);
let unnoticed = 0;
for (const { name } of checksInOrder) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const files = [decision, ...(cases[name] ? [cases[name]] : [])];
  const green: string[] = [];
  for (const file of files) if (!(await missed(name, file))) green.push(file);
  const where = files.map((file) => file.replace("src/", "")).join(" and ");
  console.log(green.length === 0 ? `${name}: missed by ${where}` : `${name}: NOT missed by ${green.join(" and ")}`);
  if (green.length > 0) unnoticed += 1;
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = unnoticed === 0 ? 0 : 1;
