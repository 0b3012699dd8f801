import { spawnSync } from "node:child_process";

/** A Chromium to test with: CHROMIUM_PATH, else one that is installed, else the one that npm brought (unpacked to a temporary folder). */
export async function findChromium(): Promise<string> {
  const given = process.env["CHROMIUM_PATH"];
  if (given) return given;
  for (const name of ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]) {
    const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    if (found.status === 0) return found.stdout.trim();
  }
  const { default: packed } = await import("@sparticuz/chromium");
  return packed.executablePath();
}
