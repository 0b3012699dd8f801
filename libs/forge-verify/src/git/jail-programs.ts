import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

const refuse = "echo 'protocol error: the server does not speak git' >&2; exit 128";
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The programs that git finds beside itself, each as a script: the two that speak HTTP, and git for its own parts. */
const scripts = (gitsOwn: string): Record<string, string> => {
  const really = (name: string) => `exec ${quoted(path.join(gitsOwn, name))} "$@"`;
  const overHttp = (name: string) => `FROM_A_SERVER=1; export FROM_A_SERVER; ${really(name)}`;
  return {
    git: `case "$FROM_A_SERVER $1" in
"1 index-pack") case " $* " in *" --strict"*) ;; *) ${refuse};; esac;;
esac
${really("git")}`,
    "git-remote-http": overHttp("git-remote-http"),
    "git-remote-https": overHttp("git-remote-https"),
    "git-http-fetch": refuse,
  };
};

const made = new Set<string>();

/**
 * The folder of the only programs that git starts. From a plain web server ("dumb" HTTP) git would gather a repository file
 * by file and call everything good, whatever is in it; a pack that comes in that way is not let in here, because nothing
 * would look at its objects. Objects that come one by one the mirror refuses afterwards.
 */
export function programsIn(mirrorsDir: string): string {
  const folder = path.join(path.resolve(mirrorsDir), "git-programs");
  if (made.has(folder) && existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  const asked = spawnSync("git", ["--exec-path"], { encoding: "utf8" });
  if (asked.status !== 0) throw new Error("git is not on the PATH");
  for (const [name, script] of Object.entries(scripts(asked.stdout.trim()))) {
    const place = path.join(folder, name);
    const text = `#!/bin/sh\n${script}\n`;
    if (existsSync(place) && readFileSync(place, "utf8") === text) continue;
    // In one step: other processes may use the folder at this moment.
    const half = `${place}.${randomUUID()}`;
    writeFileSync(half, text);
    chmodSync(half, 0o755);
    renameSync(half, place);
  }
  // On a disk from which nothing may be started git would silently fall back on its own programs.
  const env = { ...process.env, FROM_A_SERVER: "1" };
  const tried = spawnSync(path.join(folder, "git"), ["index-pack", "--stdin"], { encoding: "utf8", env, input: "" });
  if (!tried.stderr?.includes("does not speak git")) throw new Error(`programs in ${folder} cannot be started`);
  made.add(folder);
  return folder;
}
