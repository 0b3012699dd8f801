import { MirrorFault } from "./mirror-fault.ts";
import type { Mirror } from "./mirror.ts";

/** The beginning of a blob, which may be all of it. */
export interface BlobStart {
  oid: string;
  /** Of the whole blob, in bytes; infinite for what is not a blob or not here. */
  size: number;
  start: Buffer;
}

/** More than this is not read for one question, in bytes: some minutes of unpacking. */
const MAX_READ = 20_000_000_000;
const MINUTES = 5 * 60_000;

/**
 * Goes through blobs by id, each once, and hands over the first `keep` bytes of each. Never more than one of these is in
 * memory, however many and however large the blobs are. Throws MirrorFault; `too_large` when all together are.
 */
export async function eachBlobStart(
  mirror: Mirror,
  oids: Iterable<string>,
  keep: number,
  visit: (blob: BlobStart) => void,
): Promise<void> {
  const wanted = [...new Set(oids)];
  if (wanted.length === 0) return;
  let head = "";
  let left = -1;
  let read = 0;
  let blob: BlobStart | null = null;
  const stream = mirror.stream(["cat-file", "--batch", "--buffer"], {
    input: wanted.join("\n") + "\n",
    timeoutMs: MINUTES,
  });
  for await (const chunk of stream) {
    read += chunk.length;
    if (read > MAX_READ) throw new MirrorFault("too_large", "the files are larger than we read");
    let at = 0;
    while (at < chunk.length) {
      if (left < 0) {
        const end = chunk.indexOf(10, at);
        head += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
        at = end < 0 ? chunk.length : end + 1;
        if (end < 0) break;
        const [oid = "", type = "", size] = head.split(" ");
        head = "";
        if (size === undefined) visit({ oid, size: Number.POSITIVE_INFINITY, start: Buffer.alloc(0) });
        else {
          left = Number(size) + 1;
          blob = { oid, size: type === "blob" ? Number(size) : Number.POSITIVE_INFINITY, start: Buffer.alloc(0) };
        }
        continue;
      }
      const piece = chunk.subarray(at, at + left);
      if (blob) {
        const more = piece.subarray(0, Math.max(0, keep - blob.start.length));
        if (more.length > 0) blob.start = Buffer.concat([blob.start, more]);
      }
      at += piece.length;
      left -= piece.length;
      if (left > 0) continue;
      left = -1;
      if (blob) visit({ ...blob, start: blob.start.subarray(0, Math.min(keep, blob.size)) });
      blob = null;
    }
  }
}

export interface Blob {
  oid: string;
  size: number;
  /** Null when the blob is larger than was asked for. */
  bytes: Buffer | null;
}

/** Read a few blobs by id, in the order given; larger ones than `maxBytes` come without their bytes. */
export async function readBlobs(mirror: Mirror, oids: readonly string[], maxBytes: number): Promise<Blob[]> {
  const found = new Map<string, Blob>();
  await eachBlobStart(mirror, oids, maxBytes, ({ oid, size, start }) => {
    found.set(oid, { oid, size, bytes: size <= maxBytes ? start : null });
  });
  return oids.map((oid) => found.get(oid) ?? { oid, size: Number.POSITIVE_INFINITY, bytes: null });
}
