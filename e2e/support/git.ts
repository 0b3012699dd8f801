import { execFile } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { addresses } from "./addresses.ts";

const execute = promisify(execFile);

async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute("git", args, {
    cwd: folder,
    // Nobody's own settings, and no question on the terminal.
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "A developer",
      GIT_AUTHOR_EMAIL: "developer@mail.test",
      GIT_COMMITTER_NAME: "A developer",
      GIT_COMMITTER_EMAIL: "developer@mail.test",
    },
  });
  return stdout.trim();
}

/** Clones, commits and pushes as one does from a laptop. @returns the commit */
export async function pushCommit(
  cloneUrl: string,
  signIn: { user: string; password: string },
  files: Readonly<Record<string, string | null>>,
  message: string,
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-e2e-clone-"));
  try {
    const url = new URL(cloneUrl);
    url.username = signIn.user;
    url.password = signIn.password;
    await git(folder, "clone", "--quiet", url.href, "work");
    const work = path.join(folder, "work");
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(work, name);
      mkdirSync(path.dirname(file), { recursive: true });
      if (text === null) rmSync(file);
      else writeFileSync(file, text);
    }
    await git(work, "add", "--all");
    await git(work, "commit", "--quiet", "--message", message);
    await git(work, "push", "--quiet", "origin", "HEAD:main");
    return await git(work, "rev-parse", "HEAD");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The commit a public branch is at, asked for as anybody may. */
export async function headOf(cloneUrl: string): Promise<string> {
  const line = await git(tmpdir(), "ls-remote", cloneUrl, "refs/heads/main");
  return line.split("\t")[0] ?? "";
}

/** A repository of a developer's on the local GitHub, as its own "new repository" page would make it. */
export async function newRepository(owner: string, name: string, license = "MIT") {
  const made = await tell<{ cloneUrl: string; webUrl: string }>(addresses().github, "createRepository", {
    owner,
    name,
    license,
  });
  return { ...made, owner, name, signIn: { user: owner, password: `local-${owner}` } };
}

/** The owner's switch between public and private. */
export const setPrivate = (repository: { owner: string; name: string }, isPrivate: boolean) =>
  tell(addresses().github, "setPrivate", { owner: repository.owner, name: repository.name, private: isPrivate });

async function tell<Answer>(forge: string, verb: string, input: unknown): Promise<Answer> {
  const response = await fetch(`${forge}/__forge/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${verb}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** A seeded repository on the local Tangled knot, whose owner pushes to it. */
export async function knotRepository(owner: string, name: string) {
  const found = await tell<{ cloneUrl: string; webUrl: string }>(addresses().knot, "find", { owner, name });
  return { ...found, owner, name, signIn: { user: owner, password: `local-${owner}` } };
}
