import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** One call of the API. Answers are not kept: they hold client secrets. */
export interface JournalEntry {
  requestId: string;
  method: string;
  path: string;
  params: unknown;
  key: string | null;
  status?: number;
  code?: string | undefined;
  id?: string | undefined;
  replayed?: boolean;
  /** The failure that was asked for by the control verbs, if one was. */
  failed?: string | number;
}

/** Every call as one line of JSON, and a count of them in memory. */
export class Journal {
  #file: number | null = null;
  #since = 0;
  readonly recent: JournalEntry[] = [];

  constructor(path: string | null) {
    if (path === null) return;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, "a");
  }

  get count(): number {
    return this.#since;
  }

  write(entry: JournalEntry): void {
    this.#since += 1;
    this.recent.push(entry);
    if (this.recent.length > 2000) this.recent.splice(0, 1000);
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
