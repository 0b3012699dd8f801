import { mkdirSync } from "node:fs";
import path from "node:path";
import { sha256 } from "./evidence.ts";
import { GitJail } from "./git/jail.ts";
import { lockMirror, type HeldLock } from "./git/mirror-lock.ts";
import { MirrorFault } from "./git/mirror-fault.ts";
import type { MirrorLimits } from "./git/mirror-limits.ts";
import { Mirror } from "./git/mirror.ts";
import type { VerifierLimits } from "./verifier-options.ts";

/** Our own copies of repositories on this disk, one folder per key. */
export class Mirrors {
  readonly #dir: string;
  readonly #jail: GitJail;
  readonly #limits: VerifierLimits;
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #held = new Map<string, HeldLock>();

  constructor(dir: string, limits: VerifierLimits) {
    this.#dir = path.resolve(dir);
    mkdirSync(this.#dir, { recursive: true });
    this.#jail = new GitJail(this.#dir, limits);
    this.#limits = limits;
  }

  /** The mirror whose turn it is, ready for questions; only within `inTurn` of the same key. */
  async open(mirrorKey: string, limits: MirrorLimits = this.#limits): Promise<Mirror> {
    const mirror = this.#mirror(mirrorKey, this.#held.get(mirrorKey)?.file, limits);
    await mirror.prepare();
    return mirror;
  }

  /** Another mirror, to read from while it may be in somebody else's hands. It may not exist. */
  look(mirrorKey: string): Mirror {
    return this.#mirror(mirrorKey);
  }

  /**
   * One piece of work per mirror at a time, in this process and in all that use the same folder. Throws MirrorFault
   * `timeout` when others keep it for too long, RangeError for a key that names no folder.
   */
  inTurn<T>(mirrorKey: string, work: () => Promise<T>): Promise<T> {
    const alone = () => this.#holding(mirrorKey, work);
    const next = (this.#turns.get(mirrorKey) ?? Promise.resolve()).then(alone, alone);
    const settled = next
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(mirrorKey) === settled) this.#turns.delete(mirrorKey);
      });
    this.#turns.set(mirrorKey, settled);
    return next;
  }

  async #holding<T>(mirrorKey: string, work: () => Promise<T>): Promise<T> {
    const { fetchTimeoutMs, readTimeoutMs } = this.#limits;
    const place = path.join(this.#dir, "locks", `${folderOf(mirrorKey)}.lock`);
    const lock = await lockMirror(place, fetchTimeoutMs + 5 * readTimeoutMs);
    if (lock === null) throw new MirrorFault("timeout", "another process keeps this mirror");
    this.#held.set(mirrorKey, lock);
    try {
      return await work();
    } finally {
      this.#held.delete(mirrorKey);
      lock.release();
    }
  }

  /** Work on a mirror that is made for it and removed afterwards. */
  once<T>(mirrorKey: string, work: (mirror: Mirror) => Promise<T>, limits: MirrorLimits = this.#limits): Promise<T> {
    const key = onceOf(mirrorKey);
    return this.inTurn(key, async () => {
      await this.#mirror(key).forget();
      const mirror = await this.open(key, limits);
      try {
        return await work(mirror);
      } finally {
        await mirror.forget();
      }
    });
  }

  /** Removes a mirror from the disk, if that is still wanted when its turn comes; harmless when there is none. */
  async forget(mirrorKey: string, stillWanted = async () => true): Promise<boolean> {
    const once = onceOf(mirrorKey);
    return this.inTurn(mirrorKey, async () => {
      if (!(await stillWanted())) return false;
      await this.inTurn(once, () => this.#mirror(once).forget());
      await this.#mirror(mirrorKey).forget();
      return true;
    });
  }

  #mirror(mirrorKey: string, holding?: number, limits: MirrorLimits = this.#limits): Mirror {
    const dir = path.join(this.#dir, `${folderOf(mirrorKey)}.git`);
    return new Mirror(dir, this.#jail, limits, { holding });
  }
}

/** The key of the mirror that is made beside another for one look. */
const onceOf = (mirrorKey: string): string => `${mirrorKey.slice(0, 140)}-anew`;

/** A name for the disk that no other key has. */
function folderOf(mirrorKey: string): string {
  if (mirrorKey === "" || mirrorKey.length > 200) throw new RangeError("a mirror key has 1 to 200 characters");
  const plain = mirrorKey.replace(/[^A-Za-z0-9_-]/g, (c) => `~${c.codePointAt(0)?.toString(16)}~`);
  return plain.length <= 200 ? plain : `${plain.slice(0, 100)}~${sha256(mirrorKey)}`;
}
