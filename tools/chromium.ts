import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A Chromium to test with: CHROMIUM_PATH, else one that is installed, else the one that npm brought (unpacked to a temporary folder). */
export async function findChromium(): Promise<string> {
  const given = process.env["CHROMIUM_PATH"];
  if (given) return given;
  for (const name of ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]) {
    const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
    if (found.status === 0) return found.stdout.trim();
  }
  // It unpacks itself once, readable by its user alone: each user of the machine needs a copy.
  const unpacked = path.join(tmpdir(), `freehold-chromium-${process.getuid?.() ?? 0}`);
  mkdirSync(unpacked, { recursive: true, mode: 0o700 });
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = unpacked;
  try {
    const { default: packed } = await import("@sparticuz/chromium");
    return await packed.executablePath();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}
