/** What one connection has been told since its transaction began. */
export interface Told {
  inTransaction: boolean;
  wrote: string[];
}

const STATEMENT = /\b(?:INSERT INTO|(?<!FOR )UPDATE|DELETE FROM)\s+(?:"public"\.)?"?(\w+)"?/i;

/** What a statement writes, in a word; null when it only reads. */
export function writes(sql: string): string | null {
  if (/\bledger_post\(/.test(sql)) return "ledger_post";
  const found = STATEMENT.exec(sql);
  if (found === null) return null;
  return `${found[0].split(/\s/)[0]!.toUpperCase()} ${found[1]!}`;
}

/**
 * The names of what a statement does that outlives the process: nothing, while a transaction is open; all of it, with its
 * COMMIT; a statement on its own at once.
 */
export function nameOfStatement(told: Told, sql: string): { before: string | null; after: string | null } {
  const nothing = { before: null, after: null };
  const word = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? "";
  if (word === "BEGIN") {
    told.inTransaction = true;
    told.wrote = [];
    return nothing;
  }
  if (word === "ROLLBACK") {
    told.inTransaction = false;
    return nothing;
  }
  if (word === "COMMIT") {
    told.inTransaction = false;
    if (told.wrote.length === 0) return nothing;
    const name = `COMMIT of ${told.wrote.join(", ")}`;
    return { before: `${name} to be sent`, after: `${name} done` };
  }
  const wrote = writes(sql);
  if (wrote === null) return nothing;
  if (!told.inTransaction) return { before: null, after: `${wrote} done` };
  if (!told.wrote.includes(wrote)) told.wrote.push(wrote);
  return nothing;
}

/** A call of the processor without its ids. */
export function nameOfCall(method: string, path: string): string {
  return `${method} ${path.split("?")[0]!.replaceAll(/\/[a-z]+(?:_[a-z]+)*_[A-Za-z0-9]{8,}/g, "/:id")}`;
}
