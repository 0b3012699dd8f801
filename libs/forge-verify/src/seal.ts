import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { sha256 } from "./evidence.ts";

/** A changed path as it is sealed: removed paths have mode "000000" and an empty hash. */
export interface SealedFile {
  path: string;
  mode: string;
  /** sha256 (hex) of the contents (of a link, of where it leads); of a submodule, of its commit id as text. */
  sha256: string;
  /** Set when the path is not valid UTF-8: each character of it is then one byte. */
  encoding?: "latin1";
}

/** What a developer gives at the release: the nonce, and the sealed files if the whole reveal file was handed in. */
export interface Reveal {
  nonce: string;
  files: SealedFile[] | null;
}

/** The bytes of a path, one character each: equal exactly when git's paths are, and sorted as git sorts bytes. */
export function bytesOfPath({ path, encoding }: Pick<SealedFile, "path" | "encoding">): string {
  return encoding === "latin1" ? path : Buffer.from(path, "utf8").toString("latin1");
}

/** The one way to write down a path of which git gave the bytes (one character each). */
export function spellPath(bytes: string): { path: string; encoding?: "latin1" } {
  const buffer = Buffer.from(bytes, "latin1");
  return isUtf8(buffer) ? { path: buffer.toString("utf8") } : { path: bytes, encoding: "latin1" };
}

/** sha256 (hex) over the changed files against the baseline, sorted by the bytes of their paths. */
export function changeDigest(files: readonly SealedFile[]): string {
  const hash = createHash("sha256").update("freehold/change/v1\n");
  const spelled = files.map((file) => ({ ...file, bytes: bytesOfPath(file) }));
  for (const { mode, sha256, bytes } of spelled.toSorted((a, b) => (a.bytes < b.bytes ? -1 : 1)))
    hash.update(`${mode} ${sha256} ${bytes}\0`, "latin1");
  return hash.digest("hex");
}

/** The commitment published with a sealed preview; the nonce is what its developer reveals at the release. */
export function commitmentOf(files: readonly SealedFile[], nonce: string): string {
  return sha256(`freehold/seal/v1\n${changeDigest(files)}\n${nonce}`);
}

const textBytesMax = 5_000_000;
const filesMax = 50_000;
const nonceMax = 200;
const pathBytesMax = 4096;
const hex256 = /^[0-9a-f]{64}$/;
const commitId = /^[0-9a-f]{40}$/;

/**
 * What a developer submitted to open a seal: a bare nonce (up to 200 characters, no blanks), or the whole text of a reveal file
 * as `freehold-seal` writes it (up to 5 MB and 50,000 files). Null for anything else: unknown or missing fields, paths that
 * git cannot have, a path named twice.
 */
export function readReveal(text: string): Reveal | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{"))
    return /^[\x21-\x7e]+$/.test(trimmed) && trimmed.length <= nonceMax ? { nonce: trimmed, files: null } : null;
  if (trimmed.length > textBytesMax || Buffer.byteLength(trimmed) > textBytesMax) return null;
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return null;
  }
  const top = fieldsOf(value, ["version", "baseline", "commit", "commitment", "nonce", "files"]);
  if (!top || top["version"] !== 1 || !(top["baseline"] === "none" || is(top["baseline"], commitId))) return null;
  const { commit, commitment, nonce, files } = top;
  if (!is(commit, commitId) || !is(commitment, hex256) || !is(nonce, hex256)) return null;
  if (!Array.isArray(files) || files.length === 0 || files.length > filesMax) return null;
  const sealed: SealedFile[] = [];
  const paths = new Set<string>();
  for (const one of files as unknown[]) {
    const file = readSealedFile(one);
    if (!file || paths.has(bytesOfPath(file))) return null;
    paths.add(bytesOfPath(file));
    sealed.push(file);
  }
  return { nonce, files: sealed };
}

function readSealedFile(value: unknown): SealedFile | null {
  const file = fieldsOf(value, ["path", "mode", "sha256"], ["encoding"]);
  if (!file) return null;
  const { path, mode, sha256, encoding } = file;
  if (typeof path !== "string" || path.length > pathBytesMax || !is(mode, /^(?:100644|100755|120000|160000|000000)$/))
    return null;
  if (!is(sha256, mode === "000000" ? /^$/ : hex256)) return null;
  if (path.split("/").some((part) => ["", ".", ".."].includes(part)) || path.includes("\0")) return null;
  if (encoding === undefined) return path.isWellFormed() ? { path, mode, sha256 } : null;
  // Bytes that are UTF-8 have no second spelling.
  if (encoding !== "latin1" || /[^\x00-\xff]/.test(path) || spellPath(path).encoding !== "latin1") return null;
  return { path, mode, sha256, encoding };
}

const is = (value: unknown, shape: RegExp): value is string => typeof value === "string" && shape.test(value);

/** The own fields of a plain object, if it has all the required ones and none that is not named here. */
function fieldsOf(value: unknown, required: readonly string[], optional: readonly string[] = []) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const names = Object.keys(value);
  if (!required.every((name) => names.includes(name))) return null;
  if (!names.every((name) => required.includes(name) || optional.includes(name))) return null;
  return value as Record<string, unknown>;
}
