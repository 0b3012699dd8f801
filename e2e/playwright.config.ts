import { defineConfig } from "@playwright/test";
import { findChromium } from "../tools/chromium.ts";

const executablePath = await findChromium();

/** Story time is one for everybody: journeys follow one another, so that nobody winds another one's clock. */
export default defineConfig({
  testDir: "journeys",
  testMatch: "**/*.spec.ts",
  outputDir: "../test-results/browser",
  globalSetup: "./support/global-setup.ts",
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: "list",
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    // Recording every step costs as much as the steps themselves.
    trace: process.env["TRACE"] ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    // Playwright starts Chromium without its own sandbox, so that root in a container can, too.
    launchOptions: { executablePath },
  },
});
