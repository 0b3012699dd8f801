import { rm } from "node:fs/promises";
import path from "node:path";
import { BareRepository } from "./bare-repository.ts";
import { readStored, writeStored } from "./stored-json.ts";

export interface StoredKnotRepository {
  repoDid: string;
  ownerDid: string;
  ownerHandle: string;
  name: string;
  rkey: string;
  createdAt: string;
  /** The operation that made the repository's DID; a PLC directory that forgot it is told again. */
  genesis: Record<string, unknown>;
  archived?: boolean;
}

interface Memory {
  /** The knot's own rotation key, hex: whoever runs a knot controls its repositories' DIDs. */
  rotationKey: string | null;
  url: string | null;
  repositories: StoredKnotRepository[];
}

/** What the local knot knows, kept in `dataDir/knot.json`, with bare repositories in `dataDir/repositories`. */
export class KnotModel {
  readonly #file: string;
  readonly #dir: string;
  readonly memory: Memory;
  readonly #bare = new Map<string, BareRepository>();

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, "knot.json");
    this.#dir = path.join(dataDir, "repositories");
    this.memory = readStored<Memory>(this.#file, { rotationKey: null, url: null, repositories: [] });
  }

  save(): void {
    writeStored(this.#file, this.memory);
  }

  byDid(repoDid: string): StoredKnotRepository | null {
    return this.memory.repositories.find((one) => one.repoDid === repoDid) ?? null;
  }

  /** By owner (DID or handle, with or without @) and name or record key. */
  byOwner(owner: string, name: string): StoredKnotRepository | null {
    const plain = owner.replace(/^@/, "").toLowerCase();
    return (
      this.memory.repositories.find(
        (one) =>
          (one.ownerDid === plain || one.ownerHandle.toLowerCase() === plain) &&
          (one.name.toLowerCase() === name.toLowerCase() || one.rkey === name),
      ) ?? null
    );
  }

  /** By a repository's path on the knot: `<repoDid>`, `<ownerDid>/<name>` or, for people, `<handle>/<name>`. */
  byPath(text: string): StoredKnotRepository | null {
    const [owner = "", name] = text.replace(/\.git$/, "").split("/");
    return name === undefined ? this.byDid(owner) : this.byOwner(owner, name);
  }

  bare(repository: StoredKnotRepository): BareRepository {
    const known = this.#bare.get(repository.repoDid);
    if (known) return known;
    const folder = repository.repoDid.replaceAll(":", "_");
    const bare = new BareRepository(path.join(this.#dir, folder));
    this.#bare.set(repository.repoDid, bare);
    return bare;
  }

  async remove(repository: StoredKnotRepository): Promise<void> {
    const { dir } = this.bare(repository);
    this.memory.repositories = this.memory.repositories.filter((one) => one !== repository);
    this.#bare.delete(repository.repoDid);
    this.save();
    await rm(dir, { recursive: true, force: true });
  }
}
