import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** What every page keeps to: one heading of the first rank, nothing that axe calls serious, and room on 320 pixels. */
export async function expectPlainToRead(page: Page, path: string): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 900 };
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 }), `${path} has one h1`).toHaveCount(1);
  await expect(page, `${path} has a title of its own`).toHaveTitle(/Freehold/);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    // Our pages have no frames, so axe need not open a page of its own to put its answers together.
    const axe = new AxeBuilder({ page }).setLegacyMode(true);
    // In the dark nothing but the colours is another.
    const { violations } = await (colorScheme === "dark" ? axe.withRules(["color-contrast"]) : axe).analyze();
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(
      grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`),
      `${path}, ${colorScheme}`,
    ).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => ({
    page: document.documentElement.scrollWidth,
    // What sticks out says more than that something does.
    which: [...document.querySelectorAll("body *")]
      .filter(
        (element) => element.getBoundingClientRect().right > 321 && getComputedStyle(element).position !== "absolute",
      )
      .slice(0, 5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`),
  }));
  expect(wide.page, `${path} at 320 px: ${wide.which.join(", ")}`).toBeLessThanOrEqual(320);
  await page.setViewportSize(before);
}
