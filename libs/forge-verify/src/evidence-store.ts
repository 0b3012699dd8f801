import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, mkdirSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import type { Fault } from "./evidence.ts";

/** Something kept, by what it is. */
export interface Kept {
  /** sha256 (hex) of the bytes. */
  sha256: string;
  bytes: number;
}

/**
 * Keeps what was seen under the sha256 of its bytes: the same bytes once, and no bytes under a wrong name. A file appears
 * whole or not at all; several processes may write to one folder.
 */
export class EvidenceStore {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = path.resolve(dir);
    mkdirSync(path.join(this.dir, "half"), { recursive: true });
  }

  async put(bytes: Uint8Array): Promise<Kept> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (await this.has(sha256)) return { sha256, bytes: bytes.length };
    const half = this.#half();
    const file = await open(half, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#name(half, sha256);
    return { sha256, bytes: bytes.length };
  }

  /**
   * Keeps a stream, hashing it on its way to the disk; one that is longer than `maxBytes` is dropped.
   * @returns what is kept, or the fault `too_large`; an error of the stream itself is thrown, and nothing is left behind
   */
  async keep(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Kept | { fault: Fault }> {
    const half = this.#half();
    const hash = createHash("sha256");
    let bytes = 0;
    const file = await open(half, "wx");
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          await rm(half, { force: true });
          return { fault: "too_large" };
        }
        hash.update(chunk);
        await file.write(chunk);
      }
      await file.sync();
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    const sha256 = hash.digest("hex");
    await this.#name(half, sha256);
    return { sha256, bytes };
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
