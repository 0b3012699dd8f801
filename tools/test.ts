/** `npm test`: builds, then runs every test, the journeys in a browser included. The last line is `N passed, N failed`. */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { findChromium } from "./chromium.ts";
import { generateClient } from "./prisma.ts";
import { type Count, countPlaywright, countVitest } from "./results.ts";
import { requireNode24, root, run } from "./run.ts";

const results = path.join(root, "test-results");

async function build(): Promise<Count> {
  generateClient();
  const built = await run(["nx", "run-many", "-t", "build", "--outputStyle=static"]);
  if (built.code === 0) return { passed: 0, failed: 0 };
  console.log(built.output);
  return { passed: 0, failed: 1 };
}

async function unitTests(): Promise<Count> {
  const report = path.join(results, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await run(["vitest", "run", ...reporters], { show: true });
  return countVitest(report, code);
}

async function browserTests(): Promise<Count> {
  const report = path.join(results, "playwright.json");
  const env = { CHROMIUM_PATH: await findChromium(), PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  const args = ["test", "--config", "e2e/playwright.config.ts", "--reporter=list,json"];
  const { code } = await run(["playwright", ...args], { show: true, env });
  return countPlaywright(report, code);
}

async function step(name: string, act: () => Promise<Count>): Promise<Count> {
  const began = performance.now();
  const count = await act().catch((error: unknown) => {
    console.log(error);
    return { passed: 0, failed: 1 };
  });
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return count;
}

requireNode24();
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const counts = [await step("build", build)];
if (counts[0]?.failed === 0) {
  counts.push(await step("tests", unitTests));
  counts.push(await step("tests in a browser", browserTests));
}
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
