import type { AddressGuard } from "../address/guard.ts";
import type { Fault, Observed } from "../evidence.ts";
import { isBranchName, isRefName } from "../git/advertise.ts";
import { commitId, type Forge, type PushHint, type RepositoryDescription, type RepositoryRef } from "./forge.ts";
import { gitHubClient } from "./github-client.ts";

export interface GitHubOptions {
  apiUrl: string;
  webUrl: string;
  token?: string;
  timeoutMs: number;
}

const notOurs = (): Promise<Observed<never>> => Promise.resolve({ ok: false, fault: "malformed", evidence: [] });

/** GitHub: a repository is its number. A token, if there is one, only raises the hourly allowance. */
export function gitHubForge(guard: AddressGuard, options: GitHubOptions): Forge {
  const client = gitHubClient(guard, options);

  async function repository(
    route: string,
    parameters: Record<string, string>,
  ): Promise<Observed<RepositoryDescription>> {
    const answer = await client.get(route, parameters);
    if (!answer.ok) return answer;
    const { evidence } = answer;
    const read = readRepository(answer.value, options.webUrl);
    return typeof read === "string" ? { ok: false, fault: read, evidence } : { ok: true, value: read, evidence };
  }

  const describe = ({ stableId }: RepositoryRef): Promise<Observed<RepositoryDescription>> =>
    /^[1-9]\d{0,15}$/.test(stableId) ? repository("GET /repositories/{id}", { id: stableId }) : notOurs();

  return {
    entryUrl: options.apiUrl,
    describe,

    find: (address) =>
      address.forge === "github"
        ? repository("GET /repos/{owner}/{repo}", { owner: address.owner, repo: address.name })
        : notOurs(),

    async pushes(ref, since) {
      const found = await describe(ref);
      if (!found.ok) return found;
      // The list is kept under the name that the repository has now.
      const [owner = "", repo = ""] = found.value.slug.split("/");
      const answer = await client.get("GET /repos/{owner}/{repo}/activity", { owner, repo, per_page: 100 });
      const evidence = [...found.evidence, ...answer.evidence];
      if (!answer.ok) return { ...answer, evidence };
      if (!Array.isArray(answer.value)) return { ok: false, fault: "malformed", evidence };
      const { stableId } = found.value;
      const hints = answer.value.slice(0, 100).flatMap((one: unknown) => readActivity(one, stableId) ?? []);
      return { ok: true, value: hints.filter((one) => one.at !== null && one.at >= since), evidence };
    },
  };
}

function readRepository(data: unknown, webUrl: string): RepositoryDescription | Fault {
  const {
    id,
    full_name,
    private: hidden,
    default_branch,
    archived,
    disabled,
    license,
  } = (data ?? {}) as Record<string, unknown>;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1 || typeof full_name !== "string")
    return "malformed";
  if (!/^[A-Za-z0-9-]{1,39}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(full_name)) return "malformed";
  // Switched off by GitHub itself; why, only a person can find out.
  if (disabled === true) return "legal_block";
  const hint = (license as { spdx_id?: unknown } | null | undefined)?.spdx_id;
  return {
    forge: "github",
    stableId: String(id),
    slug: full_name,
    // Built from the name, not taken from the answer: an API must not choose where git goes.
    cloneUrl: `${webUrl}/${full_name}.git`,
    webUrl: `${webUrl}/${full_name}`,
    defaultBranch: typeof default_branch === "string" && isBranchName(default_branch) ? default_branch : null,
    visibility: hidden === true ? "private" : hidden === false ? "public" : "unknown",
    archived: archived === true,
    licenceHint: typeof hint === "string" && hint !== "NOASSERTION" ? hint.slice(0, 100) : null,
    agree: true,
  };
}

const kinds: Record<string, PushHint["kind"]> = {
  push: "push",
  force_push: "force_push",
  branch_creation: "creation",
  branch_deletion: "deletion",
  pr_merge: "push",
  merge_queue_merge: "push",
};

function readActivity(entry: unknown, stableId: string): PushHint | null {
  const { id, ref, before, after, timestamp, activity_type } = (entry ?? {}) as Record<string, unknown>;
  if (typeof ref !== "string" || !isRefName(ref) || typeof timestamp !== "string") return null;
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return null;
  return {
    forge: "github",
    stableId,
    named: null,
    ref,
    before: commitId(before),
    after: commitId(after),
    kind:
      (typeof activity_type === "string" && Object.hasOwn(kinds, activity_type) && kinds[activity_type]) || "unknown",
    at,
    event: `activity:${typeof id === "number" ? id : timestamp}`,
  };
}
