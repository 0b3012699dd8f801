import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { BareRepository } from "./bare-repository.ts";
import { readStored, writeStored } from "./stored-json.ts";

export interface StoredKnotRepository {
  /** Its own DID; on a knot of before 2026, which gives none, the address of its owner's record. */
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
  /** What the event stream tells; `created` is nanoseconds since 1970, decimal. */
  events: { rkey: string; nsid: string; event: unknown; created: string }[];
}

/** What the local knot knows, kept in `dataDir/knot.json`, with bare repositories in `dataDir/repositories`. */
export class KnotModel {
  readonly #file: string;
  readonly #dir: string;
  readonly memory: Memory;
  readonly #bare = new Map<string, BareRepository>();
  readonly #faces = new Map<string, BareRepository>();
  /** What describeRepo says instead of the truth, by repository. */
  readonly lies = new Map<string, Record<string, unknown>>();

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, "knot.json");
    this.#dir = path.join(dataDir, "repositories");
    this.memory = readStored<Memory>(this.#file, { rotationKey: null, url: null, repositories: [], events: [] });
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
    const bare = new BareRepository(this.#folder(repository.repoDid));
    this.#bare.set(repository.repoDid, bare);
    return bare;
  }

  #folder(repoDid: string): string {
    return path.join(this.#dir, repoDid.replaceAll(/[:/]/g, "_"));
  }

  /** The repository as it is shown to whoever asks from that address: itself, unless the knot has two faces. */
  shownTo(repository: StoredKnotRepository, remoteAddress: string): BareRepository {
    return this.#faces.get(`${repository.repoDid} ${remoteAddress}`) ?? this.bare(repository);
  }

  /** Another repository over the same objects, shown to one address; `gone` ends it. */
  async otherFace(repository: StoredKnotRepository, address: string, gone: boolean): Promise<BareRepository | null> {
    const key = `${repository.repoDid} ${address}`;
    const bare = this.bare(repository);
    const dir = `${bare.dir}-for-${address.replaceAll(/[^\w.]/g, "_")}`;
    this.#faces.delete(key);
    await rm(dir, { recursive: true, force: true });
    if (gone) return null;
    const other = new BareRepository(dir);
    await other.create(await bare.defaultBranch(), bare);
    this.#faces.set(key, other);
    return other;
  }

  /** The knot was renewed: the repository is known by a DID from now on. */
  async renumber(repository: StoredKnotRepository, repoDid: string): Promise<void> {
    await rename(this.bare(repository).dir, this.#folder(repoDid));
    this.#bare.delete(repository.repoDid);
    repository.repoDid = repoDid;
  }

  async remove(repository: StoredKnotRepository): Promise<void> {
    const { dir } = this.bare(repository);
    this.memory.repositories = this.memory.repositories.filter((one) => one !== repository);
    this.#bare.delete(repository.repoDid);
    this.save();
    await rm(dir, { recursive: true, force: true });
  }
}
