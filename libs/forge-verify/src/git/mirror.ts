import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { AddressGuard } from "../address/guard.ts";
import { sha256 } from "../evidence.ts";
import type { Advertisement } from "./advertise.ts";
import { bundleOf } from "./bundle.ts";
import { faultOfGit, type GitJail, type JailOptions, type JailResult } from "./jail.ts";
import { MirrorFault } from "./mirror-fault.ts";
import {
  cameAsOnePack,
  freeBytes,
  objectFiles,
  removeNewObjects,
  sizeOfFolder,
  sweepLeftovers,
} from "./mirror-folder.ts";
import type { MirrorLimits, MirrorWithin } from "./mirror-limits.ts";
import type { TimeBudget } from "./world.ts";

const marker = "freehold-observed.json";
const nothing = '{"refs":{}}';

/**
 * Our own bare copy of a repository. What the last fetch saw is a list beside it, so that no name a server thinks of ever
 * becomes a file; `refs/seen/<sha>` keeps every tip that any fetch ever saw, so that what was once public stays provable
 * after it was taken away. Whatever is behind a seen tip is here in full.
 */
export class Mirror {
  readonly dir: string;
  readonly #jail: GitJail;
  readonly #limits: MirrorLimits;
  readonly #within: MirrorWithin;
  #alternates: string[] = [];
  #observed: Record<string, string> | null = null;

  constructor(dir: string, jail: GitJail, limits: MirrorLimits, within: MirrorWithin = {}) {
    this.dir = dir;
    this.#jail = jail;
    this.#limits = limits;
    this.#within = within;
  }

  /** Makes the folder, or finishes what a killed process began. */
  async prepare(): Promise<void> {
    if (existsSync(path.join(this.dir, marker))) return sweepLeftovers(this.dir);
    await mkdir(this.dir, { recursive: true });
    await sweepLeftovers(this.dir);
    await this.git(["init", "-q", "--bare"]);
    await this.#noteObserved({});
  }

  /** Also read the objects of another mirror: where the baseline, or an earlier attempt, lies. */
  readAlso(other: Mirror): void {
    if (other.dir !== this.dir) this.#alternates.push(path.join(other.dir, "objects"));
  }

  /** A small mirror within this one, for a repository that this one refers to. It counts as part of this one. */
  async part(url: string, maxBytes: number, budget: TimeBudget): Promise<Mirror> {
    const limits = { ...this.#limits, maxMirrorBytes: maxBytes, maxPackBytes: maxBytes };
    const room = () => this.#room();
    const dir = path.join(this.dir, "parts", `${sha256(url).slice(0, 40)}.git`);
    const part = new Mirror(dir, this.#jail, limits, { holding: this.#within.holding, room, budget });
    await part.prepare();
    return part;
  }

  async try(args: readonly string[], options: JailOptions = {}): Promise<JailResult> {
    const result = await this.#run(args, options);
    if (result.stopped) throw new MirrorFault(result.stopped, `git ${args[0]} was stopped`);
    return result;
  }

  async git(args: readonly string[], options: JailOptions = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code !== 0) throw new MirrorFault(faultOfGit(result), `git ${args[0]}: ${result.stderr.trim()}`);
    return result.stdout.toString("utf8").trim();
  }

  /** What git prints, piece by piece. Throws MirrorFault. */
  stream(args: readonly string[], options: Omit<JailOptions, "onLine" | "maxBytes"> = {}) {
    const failure = (result: JailResult) =>
      new MirrorFault(faultOfGit(result), `git ${args[0]}: ${result.stderr.trim()}`);
    return this.#jail.stream(this.dir, args, this.#usual(options), failure);
  }

  #run(args: readonly string[], options: JailOptions): Promise<JailResult> {
    return this.#jail.run(this.dir, args, this.#usual(options));
  }

  #usual<O extends JailOptions>(options: O): O {
    const { readTimeoutMs, patience = 1 } = this.#limits;
    const { holding, budget } = this.#within;
    const wanted = (options.timeoutMs ?? readTimeoutMs) * patience;
    const timeoutMs = budget ? budget.left(wanted) : wanted;
    return { alternates: this.#alternates, holding, ...options, timeoutMs };
  }

  /** The branches and tags of the last fetch, full names as on the remote. */
  async observed(): Promise<Record<string, string>> {
    if (this.#observed) return this.#observed;
    const text = await readFile(path.join(this.dir, marker), "utf8").catch(() => nothing);
    return (this.#observed = (JSON.parse(text) as { refs: Record<string, string> }).refs);
  }

  async #noteObserved(refs: Record<string, string>): Promise<void> {
    const place = path.join(this.dir, marker);
    await writeFile(`${place}.half`, JSON.stringify({ refs }));
    await rename(`${place}.half`, place);
    this.#observed = { ...refs };
  }

  /** Every tip ever seen. */
  async seen(): Promise<string[]> {
    const text = await this.git(["for-each-ref", "--format=%(objectname)", "refs/seen"]);
    return text ? text.split("\n") : [];
  }

  /**
   * Bring the copy up to what the remote showed: exactly the ids of its list are fetched, and nothing is asked of it when
   * all of them were fetched before. Throws MirrorFault, and then the copy is what it was.
   */
  async fetch(guard: AddressGuard, advertised: Advertisement): Promise<{ fetched: boolean }> {
    if (sameRefs(await this.observed(), advertised.refs)) return { fetched: false };
    const known = new Set(await this.seen());
    const fresh = [...new Set(Object.values(advertised.refs))].filter((sha) => !known.has(sha));
    if (fresh.length > 0) {
      const before = await objectFiles(this.dir);
      const room = await this.#room();
      const limit = Math.min(this.#limits.maxPackBytes, room);
      try {
        if (room <= 0) throw new MirrorFault("too_large", "our copy has reached its quota");
        await this.#fetchPack(guard, advertised.url, fresh, limit, room);
        if (!(await cameAsOnePack(this.dir, before)))
          throw new MirrorFault("malformed", "what came is not a pack that was looked at");
        await this.#mustBeWhole(fresh);
      } catch (error) {
        const largest = await removeNewObjects(this.dir, before);
        // git dies without a word when it reaches the limit; what it left behind tells.
        if (error instanceof MirrorFault && error.fault !== "timeout" && largest >= limit - 512)
          throw new MirrorFault("too_large", "the pack is larger than we fetch");
        throw error;
      }
      await this.git(["update-ref", "--stdin"], {
        input: fresh.map((sha) => `create refs/seen/${sha} ${sha}\n`).join(""),
      });
      // Each loose ref is a file of its own.
      if (fresh.length > 100) await this.git(["pack-refs", "--all", "--prune"]);
    }
    await this.#noteObserved(advertised.refs);
    return { fetched: fresh.length > 0 };
  }

  /** How many bytes may still be written here: what is left of the quota and of the disk above its floor. */
  async #room(): Promise<number> {
    const left = this.#limits.maxMirrorBytes - (await sizeOfFolder(this.dir));
    const free = (await freeBytes(this.dir)) - this.#limits.minFreeBytes;
    if (free <= 0) throw new MirrorFault("server_error", "our own disk is nearly full");
    return Math.min(left, free, this.#within.room ? await this.#within.room() : left);
  }

  async #fetchPack(
    guard: AddressGuard,
    url: string,
    shas: readonly string[],
    limit: number,
    room: number,
  ): Promise<void> {
    const safe = await guard.check(url);
    if (!safe.ok) throw new MirrorFault(safe.fault, "the address is not safe");
    const had = await sizeOfFolder(path.join(this.dir, "objects"));
    const isName = !/^[\d.]+$|:/.test(safe.host);
    const addresses = safe.addresses.map((one) => (one.includes(":") ? `[${one}]` : one)).join(",");
    const quiet = ["--quiet", "--force", "--no-tags", "--no-recurse-submodules"];
    const result = await this.#run(
      ["fetch", ...quiet, "--no-write-fetch-head", "--no-auto-maintenance", "--stdin", "--", url],
      {
        input: `${shas.join("\n")}\n`,
        alternates: [],
        timeoutMs: this.#limits.fetchTimeoutMs,
        maxFileBytes: limit,
        stillFits: async () => (await sizeOfFolder(path.join(this.dir, "objects"))) - had <= room,
        config: isName ? [`http.curloptResolve=${safe.host}:${safe.port}:${addresses}`] : [],
      },
    );
    if (result.code !== 0 || result.stopped) throw new MirrorFault(faultOfGit(result), result.stderr);
    if ((await this.#room()) < 0) throw new MirrorFault("too_large", "our copy would pass its quota");
  }

  /**
   * Whether all that is behind the new tips is here. git takes a history that the server calls cut off ("shallow") with no
   * more than a warning.
   */
  async #mustBeWhole(tips: readonly string[]): Promise<void> {
    const cutOff = existsSync(path.join(this.dir, "shallow"));
    const args = ["rev-list", "--objects", "--quiet", "--stdin", "--not", "--glob=refs/seen/*"];
    const timeoutMs = this.#limits.fetchTimeoutMs;
    const walked = await this.#run(args, { input: `${tips.join("\n")}\n`, timeoutMs, alternates: [] });
    if (walked.code === 0 && !walked.stopped && !cutOff) return;
    const fault = faultOfGit(walked);
    throw new MirrorFault(fault === "server_error" ? "malformed" : fault, "the server did not send the whole history");
  }

  /**
   * These commits with everything behind them as a git bundle, under the given full ref names. It is made while it is
   * read: no whole file is in memory or on the disk. Throws RangeError for what is not a ref name, and MirrorFault.
   */
  bundle(tips: readonly { name: string; sha: string }[]): AsyncGenerator<Buffer> {
    return bundleOf(this, tips, this.#limits.fetchTimeoutMs);
  }

  /** Removes the copy from the disk; harmless when there is none. */
  async forget(): Promise<void> {
    const going = `${this.dir}.going`;
    await rm(going, { recursive: true, force: true });
    // In one step: no half-removed copy is ever taken for a whole one.
    if (existsSync(this.dir)) await rename(this.dir, going);
    await rm(going, { recursive: true, force: true });
    this.#observed = null;
  }

  /** Whether every one of these objects is here. */
  async holds(shas: readonly string[]): Promise<boolean> {
    if (shas.length === 0) return true;
    const text = await this.git(["cat-file", "--batch-check"], { input: shas.join("\n") + "\n" });
    return !text.split("\n").some((line) => line.endsWith(" missing"));
  }

  async commitCount(): Promise<number> {
    const tips = [...new Set(Object.values(await this.observed()))];
    if (tips.length === 0) return 0;
    return Number(await this.git(["rev-list", "--count", "--stdin"], { input: `${tips.join("\n")}\n` }));
  }
}

function sameRefs(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
