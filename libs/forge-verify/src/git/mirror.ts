import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { AddressGuard } from "../address/guard.ts";
import type { Fault } from "../evidence.ts";
import type { Advertisement } from "./advertise.ts";
import type { GitJail, JailOptions, JailResult } from "./jail.ts";

export interface MirrorLimits {
  /** Largest pack or other file, in bytes. */
  maxPackBytes: number;
  fetchTimeoutMs: number;
  /** For each question put to the mirror. */
  readTimeoutMs: number;
}

/** A question to git could not be answered for a reason that is not in the repository: time, size or our own disk. */
export class MirrorFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/**
 * Our own bare copy of a repository. `refs/observed/` is what the last fetch saw; `refs/seen/<sha>` keeps every tip
 * that any fetch ever saw, so that what was once public stays provable after it was taken away.
 */
export class Mirror {
  readonly dir: string;
  readonly #jail: GitJail;
  readonly #limits: MirrorLimits;
  #alternates: string[] = [];
  #observed: Record<string, string> | null = null;

  constructor(dir: string, jail: GitJail, limits: MirrorLimits) {
    this.dir = dir;
    this.#jail = jail;
    this.#limits = limits;
  }

  async prepare(): Promise<void> {
    if (existsSync(path.join(this.dir, "HEAD"))) return;
    await mkdir(this.dir, { recursive: true });
    await this.git(["init", "-q", "--bare"]);
  }

  /** Also read the objects of another mirror: where the baseline lies, when that is not this one. */
  readAlso(other: Mirror): void {
    if (other.dir !== this.dir) this.#alternates = [path.join(other.dir, "objects")];
  }

  async try(args: readonly string[], options: JailOptions = {}): Promise<JailResult> {
    const result = await this.#jail.run(this.dir, args, {
      timeoutMs: this.#limits.readTimeoutMs,
      alternates: this.#alternates,
      ...options,
    });
    if (result.stopped) throw new MirrorFault(result.stopped, `git ${args[0]} was stopped`);
    return result;
  }

  async git(args: readonly string[], options: JailOptions = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code !== 0) throw new MirrorFault("server_error", `git ${args[0]}: ${result.stderr.trim()}`);
    return result.stdout.toString("utf8").trim();
  }

  /** The branches and tags of the last fetch, full names as on the remote. */
  async observed(): Promise<Record<string, string>> {
    if (this.#observed) return this.#observed;
    const text = await this.git(["for-each-ref", "--format=%(objectname) %(refname)", "refs/observed"]);
    return (this.#observed = refsOf(text, "refs/observed/", "refs/"));
  }

  /** Every tip ever seen. */
  async seen(): Promise<string[]> {
    const text = await this.git(["for-each-ref", "--format=%(objectname)", "refs/seen"]);
    return text ? text.split("\n") : [];
  }

  /**
   * Bring the copy up to what the remote showed. Nothing is asked of the remote when nothing moved. Throws MirrorFault.
   */
  async fetch(guard: AddressGuard, advertised: Advertisement): Promise<{ fetched: boolean }> {
    const before = await this.observed();
    if (sameRefs(before, advertised.refs)) return { fetched: false };
    if (Object.keys(advertised.refs).length > 0) await this.#fetchPack(guard, advertised.url);
    else await this.#forgetObserved(before);
    this.#observed = null;
    const tips = new Set(Object.values(await this.observed()));
    const known = new Set(await this.seen());
    const updates = [...tips].filter((sha) => !known.has(sha)).map((sha) => `create refs/seen/${sha} ${sha}\n`);
    if (updates.length > 0) await this.git(["update-ref", "--stdin"], { input: updates.join("") });
    return { fetched: true };
  }

  async #fetchPack(guard: AddressGuard, url: string): Promise<void> {
    const safe = await guard.check(url);
    if (!safe.ok) throw new MirrorFault(safe.fault, "the address is not safe");
    const pin = `http.curloptResolve=${safe.host}:${safe.port}:${safe.addresses.join(",")}`;
    const isName = !/^[\d.]+$|:/.test(safe.host);
    const result = await this.#jail.run(
      this.dir,
      [
        "fetch",
        "--quiet",
        "--prune",
        "--force",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--",
        url,
        "+refs/heads/*:refs/observed/heads/*",
        "+refs/tags/*:refs/observed/tags/*",
      ],
      {
        timeoutMs: this.#limits.fetchTimeoutMs,
        maxFileBytes: this.#limits.maxPackBytes,
        config: isName ? [pin] : [],
      },
    );
    if (result.code === 0 && !result.stopped) return;
    const largest = await this.#sweepHalfPacks();
    if (result.stopped) throw new MirrorFault(result.stopped, "the fetch was stopped");
    // git dies without a word when it reaches the limit; what it left behind tells.
    if (largest >= this.#limits.maxPackBytes - 512)
      throw new MirrorFault("too_large", "the pack is larger than we fetch");
    throw new MirrorFault(
      /fsck|bad object|corrupt|invalid/i.test(result.stderr) ? "malformed" : "server_error",
      result.stderr,
    );
  }

  /** Remove what a broken fetch left behind, so that no server fills the disk in pieces. Gives the largest size seen. */
  async #sweepHalfPacks(): Promise<number> {
    const folder = path.join(this.dir, "objects", "pack");
    let largest = 0;
    for (const name of await readdir(folder)) {
      if (!name.startsWith("tmp_")) continue;
      const file = path.join(folder, name);
      largest = Math.max(largest, (await stat(file)).size);
      await rm(file, { force: true });
    }
    return largest;
  }

  async #forgetObserved(before: Record<string, string>): Promise<void> {
    const updates = Object.keys(before).map((name) => `delete ${name.replace("refs/", "refs/observed/")}\n`);
    if (updates.length > 0) await this.git(["update-ref", "--stdin"], { input: updates.join("") });
  }

  /** Whether every one of these objects is here. */
  async holds(shas: readonly string[]): Promise<boolean> {
    if (shas.length === 0) return true;
    const text = await this.git(["cat-file", "--batch-check"], { input: shas.join("\n") + "\n" });
    return !text.split("\n").some((line) => line.endsWith(" missing"));
  }

  async commitCount(): Promise<number> {
    return Number(await this.git(["rev-list", "--count", "--glob=refs/observed/*"]));
  }
}

function refsOf(text: string, from: string, to: string): Record<string, string> {
  const refs: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) refs[line.slice(space + 1).replace(from, to)] = line.slice(0, space);
  }
  return refs;
}

function sameRefs(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
