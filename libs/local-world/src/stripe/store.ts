import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { INDEXES, type Kind, type Kinds } from "./records.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KINDS = Object.keys(INDEXES) as Kind[];

interface Shelf {
  at: Map<string, { record: Kinds[Kind]; place: number; keys: string[] }>;
  order: (Kinds[Kind] | null)[];
  /** For each indexed field, by its place in INDEXES: the records by value. */
  index: Map<string, Kinds[Kind][]>[];
}
const emptyShelf = (kind: Kind): Shelf => ({ at: new Map(), order: [], index: INDEXES[kind].map(() => new Map()) });

/**
 * Every record by kind and id, with lists by indexed field in order of creation. With a file, each `commit` appends one
 * line holding all records saved since the last one: a turn is kept whole or not at all, and a killed process loses
 * nothing it answered for. A half-written last line is ignored at start, where the file is also made compact.
 */
export class Store {
  #shelves = new Map<Kind, Shelf>(KINDS.map((kind) => [kind, emptyShelf(kind)]));
  #dirty = new Map<string, [Kind, string]>();
  #file: number | null = null;
  #path: string | null;
  #seed: string;
  #sequence = 0;

  constructor(path: string | null, seed?: string) {
    this.#path = path;
    this.#seed = seed ?? randomBytes(12).toString("hex");
    if (path === null) return;
    mkdirSync(dirname(path), { recursive: true });
    // Written anew only when it is torn or mostly holds what was overwritten since: a large world starts faster.
    if (existsSync(path) && this.#replay(path)) this.#file = openSync(path, "a");
    else this.#rewrite(path);
  }

  /** A new id: deterministic-looking, never given out before by this state, also across restarts. */
  id(prefix: string, length = 24): string {
    this.#sequence += 1;
    const bytes = createHash("sha512").update(`${this.#seed}:${this.#sequence}`).digest();
    let out = "";
    for (let i = 0; i < length; i++) out += ALPHABET[bytes[i % 64]! % 62];
    return prefix + out;
  }

  get<K extends Kind>(kind: K, id: string): Kinds[K] | undefined {
    return this.#shelf(kind).at.get(id)?.record as Kinds[K] | undefined;
  }

  /** Adds or updates a record. A record may be changed in place and saved again. */
  save<K extends Kind>(kind: K, record: Kinds[K]): Kinds[K] {
    const shelf = this.#shelf(kind);
    const id = (record as { id: string }).id;
    const known = shelf.at.get(id);
    const keys = INDEXES[kind].map((f) => String((record as unknown as Record<string, unknown>)[f]));
    if (known === undefined) {
      shelf.at.set(id, { record, place: shelf.order.length, keys });
      shelf.order.push(record);
      keys.forEach((key, i) => {
        const list = shelf.index[i]!.get(key);
        // Most lists stay this short; an array that grew by `push` would keep room for many more.
        if (list === undefined) shelf.index[i]!.set(key, [record]);
        else list.push(record);
      });
    } else {
      const replaced = known.record !== record;
      known.record = record;
      shelf.order[known.place] = record;
      keys.forEach((key, i) => {
        const old = known.keys[i]!;
        if (key === old && !replaced) return;
        this.#take(kind, shelf, i, old, id);
        const list = this.#list(shelf, i, key);
        list.splice(this.#stand(kind, list, known.place), 0, record);
      });
      known.keys = keys;
    }
    if (this.#path !== null) this.#dirty.set(`${kind} ${id}`, [kind, id]);
    return record;
  }

  remove(kind: Kind, id: string): void {
    const shelf = this.#shelf(kind);
    const known = shelf.at.get(id);
    if (known === undefined) return;
    known.keys.forEach((key, i) => this.#take(kind, shelf, i, key, id));
    shelf.at.delete(id);
    shelf.order[known.place] = null;
    if (this.#path !== null) this.#dirty.set(`${kind} ${id}`, [kind, id]);
  }

  /** All records of a kind, oldest first. */
  *all<K extends Kind>(kind: K): Generator<Kinds[K]> {
    for (const record of this.#shelf(kind).order) if (record !== null) yield record as Kinds[K];
  }

  /** Records of a kind whose indexed `field` is `value`, oldest first. */
  by<K extends Kind>(kind: K, field: keyof Kinds[K] & string, value: string | null): readonly Kinds[K][] {
    const at = (INDEXES[kind] as readonly string[]).indexOf(field);
    return (this.#shelf(kind).index[at]?.get(String(value)) ?? []) as unknown as readonly Kinds[K][];
  }

  /** The kind's list for `field = value`, or the whole kind, as an array with gaps where records were removed. */
  row<K extends Kind>(kind: K, field?: keyof Kinds[K] & string, value?: string): readonly (Kinds[K] | null)[] {
    if (field !== undefined) return this.by(kind, field, value ?? null);
    return this.#shelf(kind).order as (Kinds[K] | null)[];
  }

  /** Where a record stands in a list that `row` gave out; -1 if it is not in it. Takes no longer for a long list. */
  place<K extends Kind>(kind: K, row: readonly (Kinds[K] | null)[], id: string): number {
    const shelf = this.#shelf(kind);
    const known = shelf.at.get(id);
    if (known === undefined) return -1;
    const at =
      (row as unknown) === shelf.order ? known.place : this.#stand(kind, row as readonly Kinds[Kind][], known.place);
    return (row[at] as { id: string } | null | undefined)?.id === id ? at : -1;
  }

  count(kind: Kind): number {
    return this.#shelf(kind).at.size;
  }

  commit(): void {
    if (this.#file === null || this.#dirty.size === 0) return;
    const put: [Kind, unknown][] = [];
    const del: [Kind, string][] = [];
    for (const [kind, id] of this.#dirty.values()) {
      const record = this.get(kind, id);
      if (record === undefined) del.push([kind, id]);
      else put.push([kind, record]);
    }
    this.#dirty.clear();
    writeSync(this.#file, `${JSON.stringify({ seq: this.#sequence, put, del })}\n`);
  }

  /** Forgets everything, keeps giving out new ids. */
  reset(): void {
    for (const kind of KINDS) this.#shelves.set(kind, emptyShelf(kind));
    this.#dirty.clear();
    if (this.#path !== null) this.#rewrite(this.#path);
  }

  close(): void {
    this.commit();
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #shelf(kind: Kind): Shelf {
    return this.#shelves.get(kind)!;
  }

  /** The first place in a list, which is in order of creation, whose record is not older than the one made `place`-th. */
  #stand(kind: Kind, list: readonly Kinds[Kind][], place: number): number {
    const { at } = this.#shelf(kind);
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at.get((list[middle] as { id: string }).id)!.place < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #take(kind: Kind, shelf: Shelf, field: number, key: string, id: string): void {
    const list = this.#list(shelf, field, key);
    const at = this.place(kind, list as never, id);
    if (at >= 0) list.splice(at, 1);
    if (list.length === 0) shelf.index[field]!.delete(key);
  }

  #list(shelf: Shelf, field: number, key: string): Kinds[Kind][] {
    const lists = shelf.index[field]!;
    let list = lists.get(key);
    if (list === undefined) lists.set(key, (list = []));
    return list;
  }

  /** Reads the file back; tells whether it may be appended to as it is. */
  #replay(path: string): boolean {
    const text = readFileSync(path, "utf8");
    let read = 0;
    for (let from = 0, to = text.indexOf("\n"); to >= 0; from = to + 1, to = text.indexOf("\n", from)) {
      const turn = JSON.parse(text.slice(from, to)) as {
        seed?: string;
        seq?: number;
        put?: [Kind, never][];
        del?: [Kind, string][];
      };
      if (turn.seed !== undefined) this.#seed = turn.seed;
      if (turn.seq !== undefined) this.#sequence = Math.max(this.#sequence, turn.seq);
      for (const [kind, record] of turn.put ?? []) this.save(kind, record);
      for (const [kind, id] of turn.del ?? []) this.remove(kind, id);
      read += turn.put?.length ?? 0;
    }
    this.#dirty.clear();
    const live = KINDS.reduce((sum, kind) => sum + this.count(kind), 0);
    // What follows the last line's end is the line that was being written when the process was killed.
    return text.endsWith("\n") && read <= 3 * live + 1000;
  }

  #rewrite(path: string): void {
    if (this.#file !== null) closeSync(this.#file);
    const lines = [JSON.stringify({ seed: this.#seed, seq: this.#sequence })];
    for (const kind of KINDS)
      for (const record of this.all(kind)) lines.push(JSON.stringify({ put: [[kind, record]] }));
    writeFileSync(`${path}.new`, `${lines.join("\n")}\n`);
    renameSync(`${path}.new`, path);
    this.#file = openSync(path, "a");
  }
}
