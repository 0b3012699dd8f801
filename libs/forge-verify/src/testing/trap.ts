import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { AddressGuard } from "../address/guard.ts";
import { advertise } from "../git/advertise.ts";
import { sizeOfFolder } from "../git/mirror-folder.ts";
import type { Mirror } from "../git/mirror.ts";
import { Mirrors } from "../mirrors.ts";
import { standardLimits, type VerifierLimits } from "../verifier-options.ts";
import { advertisementType, greeting, HostileServer, packAnswer, refList } from "./hostile-server.ts";
import { packOf, rawCommit, rawObject, rawTree, type RawObject } from "./raw-objects.ts";

/** A small machine: what a test asks for must fit into this. */
const small: VerifierLimits = {
  ...standardLimits,
  fetchTimeoutMs: 20_000,
  readTimeoutMs: 20_000,
  maxPackBytes: 3_000_000,
  maxMirrorBytes: 6_000_000,
  minFreeBytes: 0,
  maxMemoryBytes: 250_000_000,
};

/** The smallest repository that is whole: a commit with one file. */
export const file = rawObject("blob", "feature\n");
export const plain = rawTree([{ mode: "100644", name: "a", oid: file.oid }]);
export const tip = rawCommit(plain.oid);
export const whole = [file, plain, tip];

export const nothing = () => Promise.resolve("copied");
export const fault = (name: string) => ({ fault: name });

/** A hostile server, another one that nobody may ever ask, and copies of what the first shows. */
export class Trap {
  readonly folder = mkdtempSync(path.join(tmpdir(), "hostile-"));
  readonly server = new HostileServer();
  readonly elsewhere = new HostileServer();
  #count = 0;

  async start(): Promise<void> {
    await Promise.all([this.server.start(), this.elsewhere.start()]);
  }

  reset(): void {
    Object.assign(this.server, { answers: {}, gitDir: null, other: null, sent: 0, old: false });
  }

  close(): void {
    expect(this.elsewhere.requests).toEqual([]);
    this.server.close();
    this.elsewhere.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Copy what the server shows and look at it; whatever happens, no more than the quota is on the disk afterwards, and
   * nothing of what was refused.
   */
  async copied<T>(look: (copy: Mirror) => Promise<T>, limits: Partial<VerifierLimits> = {}): Promise<T> {
    const key = `trap-${++this.#count}`;
    const all = { ...small, ...limits };
    const files = path.join(this.folder, "mirrors");
    const mirrors = new Mirrors(files, all);
    const guard = new AddressGuard([this.server.host]);
    let taken = false;
    try {
      return await mirrors.inTurn(key, async () => {
        const copy = await mirrors.open(key);
        const bounds = { maxBytes: 1_000_000, maxRefs: 1000, timeoutMs: 5000 };
        const shown = await advertise(guard, this.server.url, bounds);
        if (!shown.ok) throw Object.assign(new Error(shown.fault), { fault: shown.fault });
        await copy.fetch(guard, shown.value);
        taken = true;
        return look(copy);
      });
    } finally {
      const copy = path.join(files, `${key}.git`);
      expect(await sizeOfFolder(copy)).toBeLessThanOrEqual(all.maxMirrorBytes);
      const left = readdirSync(path.join(copy, "objects"), { recursive: true }).map(String);
      expect(left.filter((name) => /tmp_|\.temp$|\.lock$/.test(name))).toEqual([]);
      // What was refused leaves no object behind.
      if (!taken) expect(left.filter((name) => /[0-9a-f]{38}/.test(name))).toEqual([]);
    }
  }

  /** The server has exactly these objects and shows this commit as main, or other refs. */
  serve(
    objects: readonly RawObject[],
    commit: string,
    refs: Record<string, string> = { "refs/heads/main": commit },
  ): void {
    this.server.answers = {
      greeting: (response) => void response.writeHead(200, advertisementType).end(greeting()),
      refs: (response) => void response.writeHead(200).end(refList(refs)),
      fetch: (response) => packAnswer(response, packOf(objects)),
    };
  }
}
