import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder for one test, which the user that PostgreSQL runs as can reach, and which is gone afterwards. */
export function scratchFolder(): { path: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-"));
  chmodSync(folder, 0o755);
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
