import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this checkout. */
export const checkout = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * Where this checkout's local world keeps everything: FREEHOLD_DATA_DIR, else `.data/` in the checkout. For root it lies in /var/tmp, because PostgreSQL then
 * runs as another user, who may not be able to walk into the checkout.
 */
export function defaultDataDir(): string {
  if (process.env["FREEHOLD_DATA_DIR"]) return path.resolve(process.env["FREEHOLD_DATA_DIR"]);
  if (process.getuid?.() !== 0) return path.join(checkout, ".data");
  return `/var/tmp/freehold-${createHash("sha256").update(checkout).digest("hex").slice(0, 12)}`;
}

/** Makes the folder; what is secret inside is readable by its owner alone. Refuses one that somebody else made first. */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const own = process.getuid?.();
  if (own === undefined) return;
  if (lstatSync(dataDir).uid !== own) throw new Error(`${dataDir} belongs to somebody else.`);
  chmodSync(dataDir, own === 0 ? 0o711 : 0o700);
}

/** Nobody but us has a reason to look into these; PostgreSQL, which may run as somebody else, sees to its own. */
const ownParts = ["atproto", "github", "knot", "logs", "mirrors", "redis", "stripe"];

export function prepareParts(dataDir: string): void {
  for (const part of ownParts) mkdirSync(path.join(dataDir, part), { recursive: true, mode: 0o700 });
}
