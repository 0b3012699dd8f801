import { createHash, type Hash } from "node:crypto";
import { MirrorFault } from "./mirror-fault.ts";
import type { Mirror } from "./mirror.ts";

/** All that one look hashes, in bytes: small packs can hold blobs of any size. */
const bytesMax = 4_000_000_000;
const timeoutMs = 300_000;

/**
 * sha256 (hex) of the contents of many blobs, by object id, through one process and without holding any of them. Ids that
 * are no blob here are left out. Throws MirrorFault (too_large) when they are more than 4 GB together.
 */
export async function hashBlobs(
  mirror: Mirror,
  oids: Iterable<string>,
  limit: number = bytesMax,
): Promise<Map<string, string>> {
  const wanted = [...new Set(oids)].filter((oid) => /^[0-9a-f]{40}$/.test(oid));
  const hashes = new Map<string, string>();
  if (wanted.length === 0) return hashes;
  let header = "";
  let total = 0;
  let hash: Hash | null = null;
  let oid = "";
  /** Bytes of the contents still to come, the newline behind them counted; negative while a header is read. */
  let left = -1;
  const input = wanted.join("\n") + "\n";
  for await (const chunk of mirror.stream(["cat-file", "--batch"], { input, timeoutMs })) {
    for (let at = 0; at < chunk.length;) {
      if (left < 0) {
        const end = chunk.indexOf("\n", at);
        header += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
        if (end < 0) break;
        at = end + 1;
        const [id = "", type, size] = header.split(" ");
        header = "";
        // What is not here has one line and no contents.
        if (size === undefined) continue;
        total += Number(size);
        if (total > limit) throw new MirrorFault("too_large", "the files are larger than we hash");
        oid = id;
        left = Number(size) + 1;
        hash = type === "blob" ? createHash("sha256") : null;
      }
      const piece = chunk.subarray(at, at + left);
      const newline = piece.length === left ? 1 : 0;
      hash?.update(piece.subarray(0, piece.length - newline));
      at += piece.length;
      left -= piece.length;
      if (left > 0) continue;
      if (hash) hashes.set(oid, hash.digest("hex"));
      left = -1;
    }
  }
  return hashes;
}
