import type { AddressGuard } from "../address/guard.ts";
import type { Fault, Observed, RequestRecord } from "../evidence.ts";
import { isBranchName } from "../git/advertise.ts";
import { askJson, resolveDid, type DidDocument } from "./did-document.ts";
import type { Forge, RepositoryDescription, RepositoryRef, TypedAddress } from "./forge.ts";
import { isDid, isHandle, isRepositoryName } from "./typed-address.ts";

export interface TangledOptions {
  plcUrl: string;
  /** A server that resolves handles (com.atproto.identity.resolveHandle). */
  handleResolverUrl: string;
  webUrl: string;
  timeoutMs: number;
}

interface RepoRecord {
  name: string;
  knot: string;
  repoDid: string | null;
  rkey: string;
}

/** Thrown inside the adapter to leave a chain of questions at the first that has no answer. */
class NoAnswer extends Error {
  readonly fault: Fault;
  readonly retryAfterMs: number | undefined;
  constructor(fault: Fault, retryAfterMs?: number) {
    super(fault);
    this.fault = fault;
    this.retryAfterMs = retryAfterMs;
  }
}

const collection = "sh.tangled.repo";

/**
 * Tangled: a repository is its own DID. The owner's record, the DID's document and the knot must all name the same
 * repository; a knot belongs to whoever runs it, often to the one who is to be paid.
 */
export function tangledForge(guard: AddressGuard, options: TangledOptions): Forge {
  /** One chain of questions: every request goes into the evidence, the first missing answer ends it. */
  function chain<T>(steps: (want: <A>(step: Promise<Observed<A>>) => Promise<A>) => Promise<T>): Promise<Observed<T>> {
    const evidence: RequestRecord[] = [];
    const want = async <A>(step: Promise<Observed<A>>): Promise<A> => {
      const answer = await step;
      evidence.push(...answer.evidence);
      if (!answer.ok) throw new NoAnswer(answer.fault, answer.retryAfterMs);
      return answer.value;
    };
    return steps(want).then(
      (value) => ({ ok: true, value, evidence }) as const,
      (error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error;
        const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
        return { ok: false, fault: error.fault, evidence, ...wait } as const;
      },
    );
  }
  type Want = Parameters<Parameters<typeof chain>[0]>[0];

  const json = (url: string) => askJson(guard, url, options.timeoutMs);
  const document = (did: string) => resolveDid(guard, options.plcUrl, did, options.timeoutMs);

  async function records(want: Want, owner: DidDocument): Promise<RepoRecord[]> {
    if (!owner.endpoint) throw new NoAnswer("malformed");
    const found: RepoRecord[] = [];
    let cursor = "";
    for (let page = 0; page < 20; page += 1) {
      const query = new URLSearchParams({ repo: owner.did, collection, limit: "100", ...(cursor ? { cursor } : {}) });
      const answer = await want(json(`${owner.endpoint}/xrpc/com.atproto.repo.listRecords?${query}`));
      for (const entry of Array.isArray(answer["records"]) ? (answer["records"] as unknown[]) : []) {
        const record = readRecord(entry);
        if (record) found.push(record);
      }
      cursor = typeof answer["cursor"] === "string" ? answer["cursor"] : "";
      if (!cursor) break;
    }
    return found;
  }

  async function ownerOf(want: Want, owner: string): Promise<DidDocument> {
    if (isDid(owner)) return want(document(owner));
    if (!isHandle(owner)) throw new NoAnswer("malformed");
    const query = new URLSearchParams({ handle: owner });
    const { did } = await want(json(`${options.handleResolverUrl}/xrpc/com.atproto.identity.resolveHandle?${query}`));
    if (!isDid(did)) throw new NoAnswer("malformed");
    const found = await want(document(did));
    // Both ways, or anybody could call themselves by another's handle.
    if (!found.handles.includes(owner.toLowerCase())) throw new NoAnswer("not_found");
    return found;
  }

  async function byRepoDid(want: Want, repoDid: string): Promise<RepositoryDescription> {
    const own = await want(document(repoDid));
    if (!own.endpoint) throw new NoAnswer("not_found");
    const query = new URLSearchParams({ repoDid });
    const said = await want(json(`${own.endpoint}/xrpc/sh.tangled.repo.describeRepo?${query}`));
    if (!isDid(said["ownerDid"])) throw new NoAnswer("malformed");
    const owner = await want(document(said["ownerDid"]));
    const record = (await records(want, owner)).find((one) => one.repoDid === repoDid);
    const agree =
      said["repoDid"] === repoDid &&
      record !== undefined &&
      record.rkey === said["rkey"] &&
      record.knot.toLowerCase() === new URL(own.endpoint).host;
    const branchQuery = new URLSearchParams({ repo: repoDid });
    const branch = await json(`${own.endpoint}/xrpc/sh.tangled.repo.getDefaultBranch?${branchQuery}`);
    const name = branch.ok ? branch.value["name"] : null;
    const slug = `${owner.handles[0] ?? owner.did}/${record?.name ?? String(said["rkey"])}`;
    return {
      forge: "tangled",
      stableId: repoDid,
      slug,
      cloneUrl: `${own.endpoint}/${repoDid}`,
      webUrl: `${options.webUrl}/${owner.handles[0] ? "@" : ""}${slug}`,
      defaultBranch: typeof name === "string" && isBranchName(name) ? name : null,
      visibility: "unknown",
      archived: false,
      licenceHint: null,
      ownerDid: owner.did,
      agree,
    };
  }

  return {
    entryUrl: options.plcUrl,
    describe: (ref: RepositoryRef) => chain((want) => byRepoDid(want, ref.stableId)),
    find: (address: TypedAddress) =>
      chain(async (want) => {
        if (address.forge !== "tangled") throw new NoAnswer("malformed");
        if ("repoDid" in address) return byRepoDid(want, address.repoDid);
        const owner = await ownerOf(want, address.owner);
        const all = await records(want, owner);
        const named = all.filter((one) => one.name === address.name);
        const matching = named.length > 0 ? named : all.filter((one) => one.rkey === address.name);
        if (matching.length === 0) throw new NoAnswer("not_found");
        // Knots of before 2026 gave repositories no DID of their own; there is nothing lasting to pin.
        const dids = matching.flatMap((one) => one.repoDid ?? []);
        if (dids.length === 0) throw new NoAnswer("malformed");
        // A deleted repository may leave its record behind, under the name of the next one.
        for (const repoDid of dids.slice(0, -1)) {
          const found = await byRepoDid(want, repoDid).catch(() => null);
          if (found) return found;
        }
        return byRepoDid(want, dids.at(-1) ?? "");
      }),
  };
}

function readRecord(entry: unknown): RepoRecord | null {
  const { uri, value } = (entry ?? {}) as { uri?: unknown; value?: Record<string, unknown> };
  const rkey = typeof uri === "string" ? uri.split("/").at(-1) : undefined;
  const { name, knot, repoDid } = value ?? {};
  if (!rkey || !isRepositoryName(name) || typeof knot !== "string") return null;
  return { name, knot, rkey, repoDid: isDid(repoDid) ? repoDid : null };
}
