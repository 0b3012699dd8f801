import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "@playwright/test";

const folder = path.join(import.meta.dirname, "../.pictures");

/** Pictures of a page as people see it, wide and narrow, light and dark; only when PICTURES is set. */
export async function picture(page: Page, name: string, address?: string): Promise<void> {
  if (!process.env["PICTURES"]) return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize() ?? { width: 1280, height: 900 };
  if (address) await page.goto(address);
  for (const width of [1280, 500])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: path.join(folder, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
        animations: "disabled",
      });
    }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}

/** The picture that the README shows: the top of a page, as one sees it before scrolling. */
export async function pictureForReadme(page: Page, name: string): Promise<void> {
  if (!process.env["PICTURES"]) return;
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.screenshot({ path: path.join(import.meta.dirname, `../../docs/${name}.png`), animations: "disabled" });
}
