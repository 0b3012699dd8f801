import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import type { Fault } from "./evidence.ts";
import { MirrorFault } from "./git/mirror-fault.ts";

/** Something kept, by what it is. */
export interface Kept {
  /** sha256 (hex) of the bytes. */
  sha256: string;
  bytes: number;
}

export interface EvidenceStoreOptions {
  /** So much of the disk stays free whatever is to be kept, in bytes; 2 GB when not said. */
  minFreeBytes?: number;
}

const DAY_MS = 24 * 3_600_000;
/** After so many bytes of a stream the disk is looked at again. */
const LOOK_EVERY = 50_000_000;

/**
 * Keeps what was seen under the sha256 of its bytes: the same bytes once, and no bytes under a wrong name. A file appears
 * whole or not at all; several processes may write to one folder. What the disk has no room for is a MirrorFault
 * `server_error`: it says nothing about what was to be kept.
 */
export class EvidenceStore {
  readonly dir: string;
  readonly #minFreeBytes: number;

  constructor(dir: string, options: EvidenceStoreOptions = {}) {
    this.dir = path.resolve(dir);
    this.#minFreeBytes = options.minFreeBytes ?? 2_000_000_000;
    const halves = path.join(this.dir, "half");
    mkdirSync(halves, { recursive: true });
    for (const name of readdirSync(halves)) {
      const half = path.join(halves, name);
      // Nobody writes to one for so long: whoever began it was ended.
      const writtenAt = statSync(half, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (writtenAt < Date.now() - DAY_MS) rmSync(half, { recursive: true, force: true });
    }
  }

  /** Throws MirrorFault when the disk has no room. */
  async put(bytes: Uint8Array): Promise<Kept> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (await this.has(sha256)) return { sha256, bytes: bytes.length };
    const kept = await this.keep([bytes], bytes.length);
    if ("fault" in kept) throw new RangeError("more bytes than there were");
    return kept;
  }

  /**
   * Keeps a stream, hashing it on its way to the disk; one that is longer than `maxBytes` is dropped.
   * @returns what is kept, or the fault `too_large`; an error of the stream itself is thrown, and nothing is left behind.
   * Throws MirrorFault when the disk has no room.
   */
  async keep(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    maxBytes: number,
  ): Promise<Kept | { fault: Fault }> {
    await this.#mustFit(0);
    const half = this.#half();
    const hash = createHash("sha256");
    let bytes = 0;
    let looked = 0;
    const file = await open(half, "wx");
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          await rm(half, { force: true });
          return { fault: "too_large" };
        }
        if (bytes >= looked + LOOK_EVERY) {
          await this.#mustFit(chunk.length);
          looked = bytes;
        }
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
      const sha256 = hash.digest("hex");
      await this.#name(half, sha256);
      return { sha256, bytes };
    } catch (error) {
      await rm(half, { force: true });
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOSPC" || code === "EDQUOT") throw new MirrorFault("server_error", "our own disk is full");
      throw error;
    } finally {
      await file.close();
    }
  }

  async #mustFit(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.dir);
    if (bavail * bsize - bytes < this.#minFreeBytes)
      throw new MirrorFault("server_error", "our own disk is nearly full");
  }

  /** The bytes, checked against their name; null when they are not here or not what they were. */
  async read(sha256: string): Promise<Buffer | null> {
    const place = this.#place(sha256);
    if (place === null || !existsSync(place)) return null;
    const bytes = await readFile(place);
    return createHash("sha256").update(bytes).digest("hex") === sha256 ? bytes : null;
  }

  /** For handing on something large. Null when it is not here. */
  async stream(sha256: string): Promise<{ bytes: number; stream: Readable } | null> {
    const place = this.#place(sha256);
    if (place === null) return null;
    const found = await stat(place).catch(() => null);
    return found === null ? null : { bytes: found.size, stream: createReadStream(place) };
  }

  /** Whether something kept is still there, byte for byte. */
  async holds({ sha256, bytes }: Kept): Promise<boolean> {
    const found = await this.stream(sha256);
    if (found === null) return false;
    const hash = createHash("sha256");
    for await (const chunk of found.stream) hash.update(chunk as Buffer);
    return found.bytes === bytes && hash.digest("hex") === sha256;
  }

  /** Where something kept lies on this disk; null when it is not here. */
  fileOf(sha256: string): string | null {
    const place = this.#place(sha256);
    return place !== null && existsSync(place) ? place : null;
  }

  async has(sha256: string): Promise<boolean> {
    const place = this.#place(sha256);
    return place !== null && existsSync(place);
  }

  #half(): string {
    return path.join(this.dir, "half", randomUUID());
  }

  #place(sha256: string): string | null {
    return /^[0-9a-f]{64}$/.test(sha256) ? path.join(this.dir, sha256.slice(0, 2), sha256) : null;
  }

  async #name(half: string, sha256: string): Promise<void> {
    const place = this.#place(sha256)!;
    await mkdir(path.dirname(place), { recursive: true });
    await rename(half, place);
  }
}
