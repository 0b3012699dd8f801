import { stat } from "node:fs/promises";
import type { Mirror } from "./mirror.ts";

/**
 * Puts a bundle that we kept into a mirror, as something that was seen: what was public once stays known although the
 * mirror it was in is long gone. Throws MirrorFault.
 */
export async function adoptBundle(mirror: Mirror, file: string, timeoutMs: number): Promise<void> {
  const { size } = await stat(file);
  const listing = await mirror.git(["bundle", "unbundle", file], { timeoutMs, maxFileBytes: 2 * size + 1_000_000 });
  const known = new Set(await mirror.seen());
  const tips = [...new Set(listing.split("\n").map((line) => line.slice(0, 40)))].filter(
    (sha) => /^[0-9a-f]{40}$/.test(sha) && !known.has(sha),
  );
  if (tips.length === 0) return;
  await mirror.git(["update-ref", "--stdin"], {
    input: tips.map((sha) => `create refs/seen/${sha} ${sha}\n`).join(""),
  });
}
