import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGitHub, type LocalGitHub } from "@freehold/local-world";
import { expect } from "vitest";
import {
  createForgeVerifier,
  type Baseline,
  type ForgeVerifier,
  type Report,
  type RepositoryRef,
  type VerifierLimits,
} from "../index.ts";

export const noon = new Date("2026-05-01T12:00:00Z");
export const later = new Date("2026-05-20T12:00:00Z");

/** A repository on the local GitHub, and what was public when the development started. */
export interface Story {
  at: { owner: string; name: string };
  repository: RepositoryRef;
  baseline: Baseline;
  mirrorKey: string;
}

export const failed = (code: string) => ({ kind: "fail", code, cure: { until: expect.any(String) as string } });
export const asks = (reason: string) => ({ kind: "needs_human", reason });
export const passes = { kind: "pass" };

type Files = Record<string, string | null>;
type Release = Parameters<ForgeVerifier["verifyRelease"]>[0];

/** A local GitHub with real git behind it, and verifiers that look at it. */
export class StoriesOnGitHub {
  readonly folder: string;
  readonly github: LocalGitHub;
  verifier: ForgeVerifier;
  #count = 0;

  private constructor(folder: string, github: LocalGitHub) {
    this.folder = folder;
    this.github = github;
    this.verifier = this.newVerifier();
  }

  static async start(): Promise<StoriesOnGitHub> {
    const folder = mkdtempSync(path.join(tmpdir(), "verify-github-"));
    return new StoriesOnGitHub(folder, await startGitHub({ dataDir: path.join(folder, "github"), now: () => noon }));
  }

  async close(): Promise<void> {
    await this.github.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  newVerifier(
    more: { githubToken?: string; allow?: string[]; limits?: Partial<VerifierLimits>; mirrors?: string } = {},
  ): ForgeVerifier {
    return createForgeVerifier({
      mirrorsDir: path.join(this.folder, more.mirrors ?? "mirrors"),
      githubApiUrl: this.github.apiUrl,
      githubWebUrl: this.github.webUrl,
      allowPrivateAddresses: more.allow ?? [this.github.host],
      limits: { requestTimeoutMs: 20_000, minFreeBytes: 0, ...more.limits },
      ...(more.githubToken ? { githubToken: more.githubToken } : {}),
    });
  }

  /** dave has a public repository with one commit and a licence; the baseline is taken; the feature is still to come. */
  async begin(options: { license?: string; files?: Files } = {}): Promise<Story> {
    const at = { owner: "dave", name: `story-${++this.#count}` };
    const created = await this.github.createRepository({ ...at, license: options.license ?? "MIT" });
    if (options.files) await this.github.commit({ ...at, files: options.files, message: "What this starts with" });
    const repository: RepositoryRef = { forge: "github", stableId: String(created.id), slug: `${at.owner}/${at.name}` };
    const baseline = await this.baselineOf(repository, `development-${this.#count}`);
    return { at, repository, baseline, mirrorKey: baseline.mirrorKey };
  }

  async baselineOf(repository: RepositoryRef, mirrorKey: string, at = noon): Promise<Baseline> {
    const taken = await this.verifier.takeBaseline({ repository, mirrorKey, at });
    if (!taken.ok) throw new Error(taken.fault);
    return taken.value;
  }

  /** The same story from now on: what was public until here is old. */
  async beginAgain(story: Story): Promise<Story> {
    return { ...story, baseline: await this.baselineOf(story.repository, story.mirrorKey) };
  }

  publish(story: Story, files: Files = { "feature.js": `export const feature = ${this.#count};\n` }): Promise<string> {
    return this.github.commit({ ...story.at, files, message: "Add the feature" });
  }

  verify(story: Story, commit: string, more: Partial<Release> = {}, by = this.verifier): Promise<Report> {
    const { repository, baseline, mirrorKey } = story;
    const plain = { repository, baseline, mirrorKey, commit, branch: "main", at: later, phase: "release" as const };
    return by.verifyRelease({ ...plain, ...more });
  }

  /** Where a branch points now. */
  async head(story: Story, branch = "main"): Promise<string> {
    return (await this.github.bare(story.at).refSha(`refs/heads/${branch}`)) ?? "";
  }

  /** A commit on main whose tree has these raw entries besides the old ones ("160000 commit <sha>\tpath"). */
  async commitEntries(story: Story, entries: readonly string[]): Promise<string> {
    const bare = this.github.bare(story.at);
    const head = await this.head(story);
    const names = entries.map((entry) => entry.split("\t")[1]);
    const there = (await bare.git(["ls-tree", head]))
      .split("\n")
      .filter((line) => !names.includes(line.split("\t")[1]));
    const tree = await bare.git(["mktree", "--missing"], { input: [...there, ...entries].join("\n") + "\n" });
    const commit = await bare.git(["commit-tree", tree, "-p", head, "-m", "Raw"], { env: author });
    await bare.setRef("refs/heads/main", commit);
    return commit;
  }
}

export const author = {
  GIT_AUTHOR_NAME: "dave",
  GIT_AUTHOR_EMAIL: "dave@freehold.test",
  GIT_AUTHOR_DATE: "1777000000 +0000",
  GIT_COMMITTER_NAME: "dave",
  GIT_COMMITTER_EMAIL: "dave@freehold.test",
  GIT_COMMITTER_DATE: "1777000000 +0000",
};
