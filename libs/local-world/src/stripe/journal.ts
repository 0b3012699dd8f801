import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { dirname } from "node:path";
import { redacted, redactedAuthorization } from "./redaction.ts";

/** One call of the API, as it is kept in memory. */
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

/** What the file tells besides: the call as it came and the answer as it was meant to go. */
export interface Wire {
  headers: IncomingHttpHeaders;
  /** The raw body; empty for a GET, whose parameters stand in `path`. */
  body: string;
  /** The path with its query. */
  target: string;
  /** JSON text of the answer; absent when the call was broken off before there was one. */
  answer?: string;
}

const KEPT = 2000;

/**
 * Every call of the API: the latest few in memory, and with a file each as one line of JSON, without secrets:
 * time, id, method, path, headers, body, status, answer; `replayed` and `failed` where they apply.
 */
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

  write(entry: JournalEntry, wire: Wire): void {
    this.#since += 1;
    this.recent.push(entry);
    if (this.recent.length > KEPT) this.recent.splice(0, KEPT / 2);
    if (this.#file === null) return;
    const { authorization } = wire.headers;
    const line = {
      time: new Date().toISOString(),
      id: entry.requestId,
      method: entry.method,
      path: wire.target,
      headers: {
        ...wire.headers,
        ...(authorization === undefined ? {} : { authorization: redactedAuthorization(authorization) }),
      },
      body: wire.body,
      status: entry.status ?? null,
      answer: wire.answer === undefined ? null : (JSON.parse(wire.answer) as unknown),
      ...(entry.replayed ? { replayed: true } : {}),
      ...(entry.failed === undefined ? {} : { failed: entry.failed }),
    };
    writeSync(this.#file, `${redacted(JSON.stringify(line))}\n`);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
