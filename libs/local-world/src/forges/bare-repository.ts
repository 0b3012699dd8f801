import { appendFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { gitCommand } from "./git-command.ts";

export interface Author {
  name: string;
  email: string;
}

export interface CommitInput {
  branch?: string;
  /** Path → text, or null to delete the path. Other files of the branch stay as they are. */
  files: Record<string, string | null>;
  message: string;
  author?: Author;
  /** Author and committer time; free text to git, so that a story can be set in the past. */
  date?: Date;
  /** Extra parents, for a merge commit. */
  mergeOf?: string[];
}

export interface Branch {
  name: string;
  sha: string;
}

export interface CommitSummary {
  sha: string;
  tree: string;
  parents: string[];
  author: Author;
  date: string;
  message: string;
}

/** A real bare git repository on disk, changed only through git's own plumbing: no work tree, no hooks. */
export class BareRepository {
  readonly dir: string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(dir: string) {
    this.dir = dir;
  }

  git(args: readonly string[], options?: Parameters<typeof gitCommand>[2]): Promise<string> {
    return gitCommand(this.dir, args, options);
  }

  /** Changes to one repository happen one after the other, as on a forge. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work, work);
    this.#queue = next.catch(() => {});
    return next;
  }

  /**
   * Create the repository on disk if it is not there. With `network`, its objects live in that repository's store, as in
   * a forge's fork network: objects of one are then reachable by id through the other.
   */
  async create(defaultBranch = "main", network?: BareRepository): Promise<void> {
    if (existsSync(path.join(this.dir, "HEAD"))) return;
    await mkdir(this.dir, { recursive: true });
    await this.git(["init", "-q", "--bare", "-b", defaultBranch]);
    const settings = "[http]\n\treceivepack = true\n[gc]\n\tauto = 0\n[core]\n\thooksPath = /dev/null\n";
    await appendFile(path.join(this.dir, "config"), settings);
    if (network) {
      await rm(path.join(this.dir, "objects"), { recursive: true });
      await symlink(path.join(network.dir, "objects"), path.join(this.dir, "objects"));
    }
  }

  /** Write one commit on a branch and give its SHA. A new branch starts where the default branch is. */
  commit(input: CommitInput): Promise<string> {
    return this.inTurn(async () => {
      const standard = `refs/heads/${await this.defaultBranch()}`;
      const ref = input.branch === undefined ? standard : `refs/heads/${input.branch}`;
      const head = await this.refSha(ref);
      const sha = await this.#writeCommit(input, head ?? (await this.refSha(standard)));
      await this.git(["update-ref", ref, sha, ...(head ? [head] : [])]);
      return sha;
    });
  }

  /**
   * Move a branch to where it would not go by itself: to `to`, and with `files` to a new commit on top of `to`
   * (of nothing, if `to` is absent). Gives the new head.
   */
  forcePush(input: { branch?: string; to?: string } & Partial<Omit<CommitInput, "branch">>): Promise<string> {
    return this.inTurn(async () => {
      const ref = `refs/heads/${input.branch ?? (await this.defaultBranch())}`;
      const sha = input.files
        ? await this.#writeCommit({ message: "Rewrite history", ...input, files: input.files }, input.to ?? null)
        : input.to;
      if (!sha) throw new Error("a forced push needs `to` or `files`");
      await this.git(["update-ref", ref, sha]);
      return sha;
    });
  }

  async #writeCommit(input: Omit<CommitInput, "branch">, parent: string | null): Promise<string> {
    const index = path.join(this.dir, `index-${randomUUID()}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      await this.git(parent ? ["read-tree", parent] : ["read-tree", "--empty"], { env });
      const lines: string[] = [];
      for (const [file, text] of Object.entries(input.files)) {
        const blob = text === null ? null : await this.git(["hash-object", "-w", "--stdin"], { input: text });
        lines.push(blob ? `100644 ${blob}\t${file}` : `0 ${"0".repeat(40)}\t${file}`);
      }
      if (lines.length > 0) await this.git(["update-index", "--index-info"], { env, input: lines.join("\n") + "\n" });
      const tree = await this.git(["write-tree"], { env });
      const author = input.author ?? { name: "Larkspur", email: "people@larkspur.test" };
      const date = `${Math.floor((input.date ?? new Date()).getTime() / 1000)} +0000`;
      const parents = [...(parent ? [parent] : []), ...(input.mergeOf ?? [])].flatMap((sha) => ["-p", sha]);
      return await this.git(["commit-tree", tree, ...parents], {
        input: input.message,
        env: {
          GIT_AUTHOR_NAME: author.name,
          GIT_AUTHOR_EMAIL: author.email,
          GIT_AUTHOR_DATE: date,
          GIT_COMMITTER_NAME: author.name,
          GIT_COMMITTER_EMAIL: author.email,
          GIT_COMMITTER_DATE: date,
        },
      });
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Point any ref anywhere (tags, refs/pull/7/head), or delete it with null. */
  setRef(ref: string, sha: string | null): Promise<void> {
    return this.inTurn(async () => {
      await this.git(sha ? ["update-ref", ref, sha] : ["update-ref", "-d", ref]);
    });
  }

  async setDefaultBranch(branch: string): Promise<void> {
    await writeFile(path.join(this.dir, "HEAD"), `ref: refs/heads/${branch}\n`);
  }

  async defaultBranch(): Promise<string> {
    const head = await readFile(path.join(this.dir, "HEAD"), "utf8");
    return head.trim().replace("ref: refs/heads/", "");
  }

  async refSha(ref: string): Promise<string | null> {
    return (await this.git(["for-each-ref", "--format=%(objectname)", ref])).split("\n")[0] || null;
  }

  async branches(): Promise<Branch[]> {
    const text = await this.git(["for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"]);
    return text.split("\n").flatMap((line) => {
      const [name, sha] = line.split(" ");
      return name && sha ? [{ name, sha }] : [];
    });
  }

  /** Every ref and where it points, to see what a push changed. */
  async refs(): Promise<Map<string, string>> {
    const text = await this.git(["for-each-ref", "--format=%(refname) %(objectname)"]);
    return new Map(text.split("\n").flatMap((line) => (line ? [line.split(" ") as [string, string]] : [])));
  }

  /** The newest commits first; an unknown revision gives an empty list. */
  async log(revision: string, limit: number): Promise<CommitSummary[]> {
    const format = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%B%x1e";
    const text = await this.git(["log", `-${limit}`, `--format=${format}`, revision, "--"]).catch(() => "");
    return text.split("\x1e").flatMap((entry) => {
      const [sha, tree, parents, name, email, date, message] = entry.trim().split("\0");
      if (!sha || tree === undefined || date === undefined) return [];
      return [
        {
          sha,
          tree,
          parents: parents ? parents.split(" ") : [],
          author: { name: name ?? "", email: email ?? "" },
          date: new Date(date).toISOString(),
          message: (message ?? "").trim(),
        },
      ];
    });
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return this.git(["merge-base", "--is-ancestor", ancestor, descendant]).then(
      () => true,
      () => false,
    );
  }

  /** A file's text at a revision, or null. */
  async file(revision: string, name: string): Promise<string | null> {
    return this.git(["cat-file", "blob", `${revision}:${name}`]).catch(() => null);
  }

  /** The licence file at the root of a revision, or null. */
  async licenceFile(revision: string): Promise<{ name: string; text: string } | null> {
    if (revision.startsWith("-")) return null;
    const listing = await this.git(["ls-tree", "--name-only", revision]).catch(() => "");
    const name = listing.split("\n").find((file) => /^(licen[cs]e|copying)/i.test(file));
    const text = name ? await this.file(revision, name) : null;
    return name && text !== null ? { name, text } : null;
  }
}
