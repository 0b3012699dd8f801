/** What REUSE.toml or .reuse/dep5 says of the files that match; of several that match, the last one counts. */
export interface Annotation {
  globs: readonly Glob[];
  expressions: readonly string[];
  /** A header in the file itself takes its place. */
  yields: boolean;
}

type Glob = readonly (string | typeof star | typeof starStar)[];
const star = Symbol("within a folder");
const starStar = Symbol("through folders");

const space = /(?:\s|#[^\n]*)*/y;
const header = /\[\[\s*annotations\s*\]\]/y;
const key = /(?:([A-Za-z0-9_-]+)|"([^"\\\n]*)"|'([^'\n]*)')[ \t]*=[ \t]*/y;
const text = /"""\n?((?:[^\\]|\\[^])*?)"""|'''\n?([^]*?)'''|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/y;
const plainValue = /[A-Za-z0-9+:.-]+(?=\s|$|#)/y;
const endOfLine = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;

/** The annotations of a REUSE.toml; null when it is not written plainly enough to be sure of what it says. */
export function readReuseToml(toml: string): Annotation[] | null {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(toml);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const takeText = (): string | null => {
    const found = take(text);
    if (!found) return null;
    const escaped = found[1] ?? found[3];
    if (escaped === undefined) return found[2] ?? found[4] ?? "";
    try {
      return JSON.parse(`"${escaped.replace(/[\n\t"]|\\[^]/g, (one) => inJson[one] ?? one)}"`) as string;
    } catch {
      return null;
    }
  };
  const takeTexts = (): string[] | null => {
    if (!take(/\[/y)) {
      const one = takeText();
      return one === null ? null : [one];
    }
    const all: string[] = [];
    for (;;) {
      take(space);
      if (take(/\]/y)) return all;
      const one = takeText();
      if (one === null) return null;
      all.push(one);
      take(space);
      if (!take(/,/y) && toml[at] !== "]") return null;
    }
  };

  const tables: Map<string, string[]>[] = [];
  for (;;) {
    take(space);
    if (at >= toml.length) break;
    if (take(header)) tables.push(new Map());
    else {
      const named = take(key);
      const name = named?.[1] ?? named?.[2] ?? named?.[3];
      const table = tables.at(-1);
      // Before the first table stands the version and nothing that counts.
      if (name === undefined || (!table && name !== "version") || table?.has(name)) return null;
      const values = take(plainValue) ? [] : takeTexts();
      if (values === null) return null;
      table?.set(name, values);
    }
    if (!take(endOfLine)) return null;
  }
  return tables.map((table) => ({
    globs: (table.get("path") ?? []).map((one) => readGlob(one, "toml")),
    expressions: table.get("SPDX-License-Identifier") ?? [],
    yields: (table.get("precedence")?.[0] ?? "closest") === "closest",
  }));
}

const inJson: Record<string, string> = { "\n": "\\n", "\t": "\\t", '"': '\\"' };

/** What a Debian copyright file (.reuse/dep5) says of files. */
export function readDep5(dep5: string): Annotation[] {
  return dep5
    .replace(/\r/g, "")
    .split(/\n[ \t]*(?:\n[ \t]*)+/)
    .flatMap((stanza): Annotation[] => {
      const lines = stanza.split("\n").filter((line) => !line.startsWith("#"));
      const fields = new Map<string, string[]>();
      let last: string[] = [];
      for (const line of lines) {
        const field = /^([A-Za-z0-9-]+):(.*)$/.exec(line);
        if (field) fields.set(field[1]!.toLowerCase(), (last = [field[2]!.trim()]));
        else last.push(line.trim());
      }
      const globs = (fields.get("files") ?? []).join(" ").split(/\s+/).filter(Boolean);
      const expression = fields.get("license")?.[0];
      if (globs.length === 0 || !expression) return [];
      return [{ globs: globs.map((one) => readGlob(one, "dep5")), expressions: [expression], yields: false }];
    });
}

/** `*` stays within a folder in REUSE.toml and crosses folders in dep5, where `?` is one character. */
function readGlob(glob: string, kind: "toml" | "dep5"): Glob {
  const parts: Glob[number][] = [];
  for (const [piece] of glob.replace(/^\.\//, "").matchAll(/\\[^]|\*+|\?|[^\\*?]+|\\$/g)) {
    if (piece.startsWith("*")) parts.push(kind === "dep5" || piece.length > 1 ? starStar : star);
    else if (piece === "?" && kind === "dep5") parts.push("");
    else parts.push(piece.replace(/^\\(?=[^])/, ""));
  }
  return parts;
}

/** Whether a glob matches a path: every place it can have reached is followed at once, so no glob takes long. */
export function matches(glob: Glob, path: string): boolean {
  if (typeof glob[0] === "string" && glob[0] !== "" && !path.startsWith(glob[0])) return false;
  let reached = new Set([0]);
  for (const part of glob) {
    const next = new Set<number>();
    if (typeof part === "string") {
      for (const at of reached) {
        if (part === "" ? at < path.length : path.startsWith(part, at)) next.add(at + (part.length || 1));
      }
    } else {
      // From the first place on, to the end or the end of each folder's name.
      let open = false;
      for (let at = 0; at <= path.length; at += 1) {
        if (reached.has(at)) open = true;
        if (open) next.add(at);
        if (part === star && path[at] === "/") open = false;
      }
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(path.length);
}
