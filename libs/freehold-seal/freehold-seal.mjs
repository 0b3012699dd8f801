#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// Seals the changes of a private git repository: what they are is fixed now and shown later. See README.md.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const usage = `freehold-seal --baseline <commit> [--commit HEAD] [--repository .] [--output freehold-seal.json] [--force]
    Seals what differs between the public baseline and your commit ("none" if nothing was public).
freehold-seal check freehold-seal.json [--commit HEAD] [--repository .]
    Says whether a commit has the sealed files as they were sealed. Exit code 0: yes, 1: no, 2: could not tell.`;

/**
 * @typedef {{ path: string, encoding?: "latin1" }} Spelled a path that is not UTF-8 has one character for each byte
 * @typedef {{ mode: string, sha256: string }} Content "000000" and "" where nothing is
 * @typedef {Spelled & Content} SealedFile
 * @typedef {{ version: 1, baseline: string, commit: string, commitment: string, nonce: string, files: SealedFile[] }} Reveal
 * @typedef {{ bytes: string, mode: string, oid: string }} Entry what stands at a path; `bytes` has a character for each
 */
const filesMax = 50_000;
const revealMax = 5_000_000;
const formMax = 500_000;
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const incomplete = "Some contents are not here. Seal in a full clone; this may be a partial one.";
const absent = { mode: "000000", sha256: "" };

/** What the developer can put right: one sentence, and exit code 2. */
class Refusal extends Error {}

/** @param {string} text */
const say = (text) => void process.stdout.write(`${text}\n`);
/** @param {string} text */
const warn = (text) => void process.stderr.write(`freehold-seal: ${text}\n`);
/** @param {number} number */
const files = (number) => `${number} ${number === 1 ? "file" : "files"}`;

/** --name value, --name=value, --force, and the rest in `words`. @param {string[]} args */
function readOptions(args) {
  const read = { baseline: "", commit: "HEAD", repository: ".", output: "freehold-seal.json" };
  const words = [];
  let force = false;
  for (let at = 0; at < args.length; at++) {
    const [, name = "", value] = /^--([a-z]+)(?:=([^]*))?$/.exec(args[at]) ?? [];
    if (name === "help" || args[at] === "-h") return { ...read, words: ["help"], force };
    if (name === "force") force = true;
    else if (Object.hasOwn(read, name)) read[/** @type {keyof typeof read} */ (name)] = value ?? args[++at] ?? "";
    else if (args[at].startsWith("-")) throw new Refusal(`There is no option ${args[at]}.\n${usage}`);
    else words.push(args[at]);
  }
  return { ...read, words, force };
}

let repository = ".";

/**
 * Runs git without hooks, monitors, replaced objects or what the environment says of git. The output comes back with one
 * character for each byte, or goes to `onChunk` piece by piece. Refuses when git fails, unless `lenient`.
 * @param {string[]} args
 * @param {{ input?: string, onChunk?: (chunk: Buffer) => void, lenient?: boolean }} [options]
 */
async function git(args, { input = "", onChunk, lenient = false } = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.toUpperCase().startsWith("GIT_"));
  const own = { LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_NO_LAZY_FETCH: "1" };
  const settings = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];
  const child = spawn("git", ["--no-replace-objects", ...settings, "-C", repository, ...args], {
    env: { ...Object.fromEntries(inherited), ...own },
  });
  const ended = new Promise((resolve) => child.once("close", resolve).once("error", resolve));
  let fault = "";
  child.stderr.on("data", (chunk) => (fault = (fault + chunk).slice(0, 2000)));
  child.stdin.on("error", () => {}).end(input);
  const kept = [];
  for await (const chunk of child.stdout) {
    if (onChunk) onChunk(chunk);
    else kept.push(chunk.toString("latin1"));
  }
  const code = await ended;
  if (code instanceof Error) throw new Refusal(`git cannot be run: ${code.message}`);
  if (code !== 0 && !lenient) throw new Refusal(`git ${args[0]}: ${fault.trim()}`);
  return { code, text: kept.join(""), fault: fault.trim() };
}

/** The full id of a commit that somebody named. @param {string} name @param {string} what */
async function commitId(name, what) {
  const args = ["rev-parse", "--verify", "--quiet", `${name}^{commit}`];
  const id = /^-|^$|\0/.test(name) ? "" : (await git(args, { lenient: true })).text.trim();
  if (/^[0-9a-f]{64}$/.test(id)) throw new Refusal("This repository uses sha256 ids, which Freehold cannot read yet.");
  if (!/^[0-9a-f]{40}$/.test(id)) throw new Refusal(`${what} ${JSON.stringify(name)} is no commit of this repository.`);
  return id;
}

/** @param {string} baseline @param {string} commit */
async function mustDescend(baseline, commit) {
  if ((await git(["merge-base", "--is-ancestor", baseline, commit], { lenient: true })).code === 0) return;
  const [shared] = (await git(["merge-base", baseline, commit], { lenient: true })).text.trim().split("\n");
  const advice = shared
    ? `merge it or rebase onto it, or seal against the last commit they share: --baseline ${shared}`
    : "they share no history, so there is nothing to compare.";
  throw new Refusal(`The baseline ${baseline} is not behind ${commit}: ${advice}`);
}

/**
 * What `commit` has at every path that differs. No renames are guessed, no submodule is ignored.
 * @param {string} base
 * @param {string} commit
 */
async function changedEntries(base, commit) {
  const options = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none", "-O/dev/null"];
  const { text } = await git(["diff-tree", ...options, "--no-ext-diff", "--no-textconv", base, commit, "--"]);
  const parts = text.split("\0");
  /** @type {Entry[]} */
  const entries = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode, , oid] = parts[at].split(" ");
    entries.push({ bytes: parts[at + 1], mode, oid });
  }
  return entries;
}

/** sha256 of many blobs through one process, piece by piece. @param {string[]} oids */
async function hashBlobs(oids) {
  const hashes = new Map();
  let header = "";
  let oid = "";
  let left = -1;
  let hash = createHash("sha256");
  /** @param {Buffer} chunk */
  const onChunk = (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (left > 0) {
        const piece = chunk.subarray(at, at + left);
        hash.update(piece);
        left -= piece.length;
        at += piece.length;
      } else if (left === 0) {
        // The newline that git puts behind the contents.
        hashes.set(oid, hash.digest("hex"));
        left = -1;
        at++;
      } else {
        const end = chunk.indexOf("\n", at);
        header += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
        if (end < 0) return;
        const [, id, size] = /^([0-9a-f]{40}) blob (\d+)$/.exec(header) ?? [];
        if (!id) throw new Refusal(`${incomplete} (${header})`);
        [oid, left, hash, header] = [id, Number(size), createHash("sha256"), ""];
        at = end + 1;
      }
    }
  };
  const input = `${oids.join("\n")}\n`;
  const read = oids.length > 0 ? await git(["cat-file", "--batch"], { input, onChunk, lenient: true }) : null;
  if (read && (read.code !== 0 || hashes.size < oids.length)) throw new Refusal(`${incomplete} (${read.fault})`);
  return hashes;
}

/** Entries as they are sealed, by path: of a submodule the sha256 of its commit id as text. @param {Entry[]} entries */
async function contentsOf(entries) {
  const blobs = entries.filter(({ mode }) => mode !== "160000" && mode !== absent.mode).map(({ oid }) => oid);
  const hashes = await hashBlobs([...new Set(blobs)]);
  /** @type {Map<string, Content>} */
  const contents = new Map();
  for (const { bytes, mode, oid } of entries) {
    const sha256 = mode === "160000" ? createHash("sha256").update(oid).digest("hex") : hashes.get(oid);
    contents.set(bytes, mode === absent.mode ? absent : { mode, sha256 });
  }
  return contents;
}

/** @param {string} bytes @returns {Spelled} */
function spell(bytes) {
  const path = Buffer.from(bytes, "latin1").toString("utf8");
  return bytesOf({ path }) === bytes ? { path } : { path: bytes, encoding: "latin1" };
}
/** @param {Spelled} file */
const bytesOf = ({ path, encoding }) => Buffer.from(path, encoding ?? "utf8").toString("latin1");

/** @param {SealedFile[]} sealed @param {string} nonce */
function commitmentOf(sealed, nonce) {
  const change = createHash("sha256").update("freehold/change/v1\n");
  const spelled = sealed.map((file) => ({ ...file, bytes: bytesOf(file) }));
  // oxlint-disable-next-line unicorn/no-array-sort -- Node 18 has no toSorted
  spelled.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
  for (const { mode, sha256, bytes } of spelled) change.update(`${mode} ${sha256} ${bytes}\0`, "latin1");
  return createHash("sha256")
    .update(`freehold/seal/v1\n${change.digest("hex")}\n${nonce}`)
    .digest("hex");
}

/** One file a line, and ASCII alone, so that it survives copying and pasting. @param {Reveal} reveal */
function textOf({ files, ...head }) {
  const lines = files.map((file) => JSON.stringify(file)).join(",\n");
  return `${JSON.stringify(head).slice(0, -1)},"files":[\n${lines}\n]}\n`.replace(/[\x7f-\uffff]/g, escaped);
}
/** @param {string} c */
const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** @param {ReturnType<typeof readOptions>} options */
async function seal({ baseline: from, commit: to, output, force }) {
  if (from === "") throw new Refusal(`Say what is public already: --baseline <commit>.\n${usage}`);
  if (existsSync(output) && !force)
    throw new Refusal(`${output} is there already, and only it can open its seal. --force replaces it.`);
  if ((await git(["rev-parse", "--is-shallow-repository"])).text.trim() === "true")
    throw new Refusal('This is a shallow clone. Run "git fetch --unshallow" first.');
  const commit = await commitId(to, "The commit");
  const baseline = from === "none" ? from : await commitId(from, "The baseline");
  if (baseline !== "none") await mustDescend(baseline, commit);
  const entries = await changedEntries(baseline === "none" ? emptyTree : baseline, commit);
  if (entries.length === 0) throw new Refusal(`Nothing differs between the baseline and ${commit}. Commit first.`);
  if (entries.length > filesMax)
    throw new Refusal(`${files(entries.length)} differ; a seal holds ${filesMax} at most.`);
  const sealed = [...(await contentsOf(entries))].map(([bytes, content]) => ({ ...spell(bytes), ...content }));
  const nonce = randomBytes(32).toString("hex");
  const commitment = commitmentOf(sealed, nonce);
  const text = textOf({ version: 1, baseline, commit, commitment, nonce, files: sealed });
  if (text.length > revealMax) throw new Refusal("The list of sealed files would be larger than 5 MB.");
  const fresh = `${output}.${process.pid}.new`;
  await writeFile(fresh, text, { flag: "wx", mode: 0o600 });
  await rename(fresh, output).finally(() => rm(fresh, { force: true }));
  const status = await git(["status", "--porcelain", "-z", "--no-renames"], { lenient: true });
  const loose = status.text.split("\0").filter((line) => line !== "" && !line.endsWith(basename(output)));
  if (loose.length > 0) {
    const some = loose.slice(0, 3).map((line) => show(line.slice(3)));
    warn(`warning: only commits are sealed, and ${files(loose.length)} here not committed: ${some.join(", ")}`);
  }
  if (text.length > formMax)
    warn("warning: a release form takes 500 kB, and this file is larger. You could hand in its nonce alone.");
  say(`Sealed ${files(sealed.length)} of commit ${commit} that differ from the baseline.

Publish this with the preview, as its seal. It gives nothing away:

    ${commitment}

Keep this file secret until the release: ${output}
Whoever reads it can test guesses about your code, and without it nobody, not even you, can open the seal. Keep a copy in a
safe place, and do not commit it. At the release, hand in all of it, or at least the nonce in it. Look before you do:

    freehold-seal check ${output} --commit <the released commit>`);
  return 0;
}

/** @param {string} file @returns {Promise<Reveal>} */
async function readReveal(file) {
  const text = await readFile(file, "utf8").catch((error) => {
    throw new Refusal(`${file} cannot be read: ${error.message}`);
  });
  try {
    const reveal = JSON.parse(text);
    const known = reveal.version === 1 && /^([0-9a-f]{40}|none)$/.test(reveal.baseline);
    if (known && commitmentOf(reveal.files, reveal.nonce) === reveal.commitment) return reveal;
  } catch {
    // It is no reveal file: said below.
  }
  throw new Refusal(`${file} is not as freehold-seal wrote it: it does not open its own seal.`);
}

/** @param {ReturnType<typeof readOptions>} options */
async function check({ words: [, file], commit: to }) {
  if (file === undefined) throw new Refusal(`Name the file: freehold-seal check freehold-seal.json\n${usage}`);
  const reveal = await readReveal(file);
  const commit = await commitId(to, "The commit");
  const sealed = new Map(reveal.files.map((one) => [bytesOf(one), one]));
  const { text } = await git(["ls-tree", "-r", "-z", "--full-tree", commit]);
  const tree = text.split("\0").map((line) => /^(\d+) \w+ (\w+)\t([^]+)$/.exec(line) ?? []);
  const entries = tree.map(([, mode = "", oid = "", bytes = ""]) => ({ bytes, mode, oid }));
  const contents = await contentsOf(entries.filter(({ bytes }) => sealed.has(bytes)));
  const differing = [...sealed].flatMap(([bytes, { mode, sha256 }]) => {
    const there = contents.get(bytes) ?? absent;
    return there.mode === mode && there.sha256 === sha256 ? [] : [bytes];
  });
  if (differing.length === 0) say(`All as sealed: ${files(sealed.size)} at commit ${commit}.`);
  else say(`Not as sealed: ${differing.length} of ${files(sealed.size)} at commit ${commit}.\n${list(differing)}`);
  const base = reveal.baseline === "none" ? emptyTree : reveal.baseline;
  if ((await git(["cat-file", "-e", `${base}^{tree}`], { lenient: true })).code === 0) {
    const others = (await changedEntries(base, commit)).map(({ bytes }) => bytes).filter((bytes) => !sealed.has(bytes));
    if (others.length > 0)
      say(`Outside the seal, ${files(others.length)} changed since the baseline. That is fine if it was public when you
chose to release; a person looks at anything else.\n${list(others)}`);
  }
  return differing.length === 0 ? 0 : 1;
}

/** @param {string[]} paths */
const list = (paths) =>
  [...paths.slice(0, 20).map((bytes) => `    ${show(bytes)}`), ...(paths.length > 20 ? ["    …"] : [])].join("\n");
/** A path for a terminal, which must not be told anything else by it. @param {string} bytes */
function show(bytes) {
  const name = Buffer.from(bytes, "latin1").toString("utf8");
  return /\p{C}/u.test(name) ? JSON.stringify(name).replace(/[\x7f-\uffff]/g, escaped) : name;
}

try {
  const options = readOptions(process.argv.slice(2));
  repository = options.repository;
  const [verb = "seal"] = options.words;
  if (verb === "help") say(usage);
  else if (verb !== "check" && options.words.length > 0) throw new Refusal(`There is no command ${verb}.\n${usage}`);
  else {
    const { code, fault } = await git(["rev-parse", "--git-dir"], { lenient: true });
    if (code !== 0) throw new Refusal(`${repository} is no git repository that can be read here. ${fault}`);
    process.exitCode = await (verb === "check" ? check(options) : seal(options));
  }
} catch (error) {
  warn(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
