import { Octokit } from "@octokit/rest";
import { ask, faultOfStatus, retryAfterOf } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import type { Fault, Observed, RequestRecord } from "../evidence.ts";
import { isBranchName } from "../git/advertise.ts";
import type { Forge, RepositoryDescription, RepositoryRef, TypedAddress } from "./forge.ts";

export interface GitHubOptions {
  apiUrl: string;
  webUrl: string;
  token?: string;
  timeoutMs: number;
}

/** Carries the fault of a request through Octokit, which knows only errors. */
class RequestFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault);
    this.fault = fault;
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** GitHub: a repository is its number. A token, if there is one, only raises the hourly allowance. */
export function gitHubForge(guard: AddressGuard, options: GitHubOptions): Forge {
  async function get(path: string, parameters: Record<string, string>): Promise<Observed<RepositoryDescription>> {
    const evidence: RequestRecord[] = [];
    const octokit = new Octokit({
      baseUrl: options.apiUrl,
      userAgent: "freehold-forge-verify",
      log: silent,
      ...(options.token ? { auth: options.token } : {}),
      request: { fetch: guardedFetch(guard, options.timeoutMs, evidence) },
    });
    try {
      const answer = await octokit.request(`GET ${path}`, parameters);
      const value = readRepository(answer.data, options.webUrl);
      return value ? { ok: true, value, evidence } : { ok: false, fault: "malformed", evidence };
    } catch (error) {
      return { ok: false, evidence, ...faultOfError(error) };
    }
  }

  return {
    entryUrl: options.apiUrl,
    find: (address: TypedAddress) =>
      address.forge === "github"
        ? get("/repos/{owner}/{repo}", { owner: address.owner, repo: address.name })
        : Promise.resolve({ ok: false, fault: "malformed", evidence: [] } as const),
    describe: (ref: RepositoryRef) =>
      /^[1-9]\d{0,15}$/.test(ref.stableId)
        ? get("/repositories/{id}", { id: ref.stableId })
        : Promise.resolve({ ok: false, fault: "malformed", evidence: [] } as const),
  };
}

function guardedFetch(guard: AddressGuard, timeoutMs: number, evidence: RequestRecord[]): typeof fetch {
  return async (input, init) => {
    const answer = await ask(guard, {
      url: String(input),
      headers: { ...(init?.headers as Record<string, string>) },
      maxBytes: 5_000_000,
      timeoutMs,
      redirects: 3,
    });
    evidence.push(...answer.evidence);
    if (!answer.ok) throw new RequestFault(answer.fault);
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.value.headers)) headers.set(name, String(value));
    const empty = [204, 205, 304].includes(answer.value.status);
    return new Response(empty ? null : new Uint8Array(answer.value.body), { status: answer.value.status, headers });
  };
}

function faultOfError(error: unknown): { fault: Fault; retryAfterMs?: number } {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof RequestFault) return { fault: cause.fault };
  const { status, response } = error as {
    status?: number;
    response?: { headers?: Record<string, unknown>; data?: unknown };
  };
  if (!response || typeof status !== "number") return { fault: "malformed" };
  const headers = response.headers ?? {};
  const text = JSON.stringify(response.data ?? "");
  const blocked = status === 403 && /access blocked/i.test(text);
  const limited = status === 403 && /rate limit/i.test(text);
  const fault = blocked ? "legal_block" : limited ? "rate_limited" : faultOfStatus(status, headers);
  const retryAfterMs = retryAfterOf(headers);
  return retryAfterMs === undefined ? { fault } : { fault, retryAfterMs };
}

function readRepository(data: unknown, webUrl: string): RepositoryDescription | null {
  const { id, full_name, private: hidden, default_branch, archived, license } = (data ?? {}) as Record<string, unknown>;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || typeof full_name !== "string") return null;
  if (!/^[A-Za-z0-9-]{1,39}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(full_name)) return null;
  const hint = (license as { spdx_id?: unknown } | null)?.spdx_id;
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
    licenceHint: typeof hint === "string" && hint !== "NOASSERTION" ? hint : null,
    agree: true,
  };
}
