import type { AddressGuard } from "../address/guard.ts";
import type { Observed } from "../evidence.ts";
import { isBranchName } from "../git/advertise.ts";
import { askJson, resolveDid, type DidDocument } from "./did-document.ts";
import type { Forge, RepositoryDescription, RepositoryRef } from "./forge.ts";
import { readKnotEvents } from "./knot-events.ts";
import { NoAnswer, walk, type QuestionChain } from "./question-chain.ts";
import { collection, oldId, readOldId, readRecord, type OldKnotRepository, type RepoRecord } from "./tangled-record.ts";
import { isDid, isHandle } from "./typed-address.ts";

export interface TangledOptions {
  plcUrl: string;
  /** A server that resolves handles (com.atproto.identity.resolveHandle). */
  handleResolverUrl: string;
  webUrl: string;
  timeoutMs: number;
}

/** An owner with more repositories than this on their data server names theirs by DID. */
const MAX_PAGES = 20;
const MAX_CANDIDATES = 5;
const TOTAL_MS = 90_000;
const MAX_QUESTIONS = 80;

/**
 * Tangled: a repository is its own DID. The owner's record, the DID's document and the knot must all name the same
 * repository; a knot belongs to whoever runs it, often to the one who is to be paid. On a knot of before 2026 a
 * repository has no DID: there it is the owner's record, and the knot in it.
 */
export function tangledForge(guard: AddressGuard, options: TangledOptions): Forge {
  const limits = { timeoutMs: options.timeoutMs, totalMs: TOTAL_MS, maxQuestions: MAX_QUESTIONS };
  const json = (url: string) => (timeoutMs: number) => askJson(guard, url, timeoutMs);
  const document = (did: string) => (timeoutMs: number) => resolveDid(guard, options.plcUrl, did, timeoutMs);
  const resolving = (handle: string) =>
    json(`${options.handleResolverUrl}/xrpc/com.atproto.identity.resolveHandle?${new URLSearchParams({ handle })}`);

  async function recordOf(chain: QuestionChain, owner: DidDocument, rkey: unknown): Promise<RepoRecord | null> {
    if (!owner.endpoint) throw new NoAnswer("malformed");
    if (typeof rkey !== "string") return null;
    const query = new URLSearchParams({ repo: owner.did, collection, rkey });
    const answer = await chain.try(json(`${owner.endpoint}/xrpc/com.atproto.repo.getRecord?${query}`));
    if (!answer.ok && answer.fault === "not_found") return null;
    if (!answer.ok) throw new NoAnswer(answer.fault, answer.retryAfterMs);
    const record = readRecord(answer.value, owner.did);
    return record?.rkey === rkey ? record : null;
  }

  /** The owner's records of that name, or else the one of that key; newest first, as data servers list them. */
  async function recordsNamed(chain: QuestionChain, owner: DidDocument, name: string): Promise<RepoRecord[]> {
    if (!owner.endpoint) throw new NoAnswer("malformed");
    const found: RepoRecord[] = [];
    let cursor = "";
    for (let page = 0; ; page += 1) {
      if (page === MAX_PAGES) {
        if (found.length > 0) break;
        throw new NoAnswer("too_large");
      }
      const query = new URLSearchParams({ repo: owner.did, collection, limit: "100", ...(cursor ? { cursor } : {}) });
      const answer = await chain.need(json(`${owner.endpoint}/xrpc/com.atproto.repo.listRecords?${query}`));
      const entries = Array.isArray(answer["records"]) ? (answer["records"] as unknown[]) : [];
      for (const entry of entries.slice(0, 100)) {
        const record = readRecord(entry, owner.did);
        if (record && (record.name === name || record.rkey === name)) found.push(record);
      }
      const next = answer["cursor"];
      if (typeof next !== "string" || next === "" || next.length > 1000 || next === cursor || entries.length === 0)
        break;
      cursor = next;
    }
    const named = found.filter((one) => one.name === name);
    return named.length > 0 ? named : found;
  }

  async function ownerOf(chain: QuestionChain, owner: string): Promise<DidDocument> {
    if (isDid(owner)) return chain.need(document(owner));
    if (!isHandle(owner)) throw new NoAnswer("malformed");
    const { did } = await chain.need(resolving(owner));
    if (!isDid(did)) throw new NoAnswer("malformed");
    const found = await chain.need(document(did));
    // Both ways, or anybody could call themselves by another's handle.
    if (!found.handles.includes(owner.toLowerCase())) throw new NoAnswer("not_found");
    return found;
  }

  /** How the owner is shown: by the handle that leads to them, else by their DID. `known`: a slug that was right before. */
  async function shownOwner(chain: QuestionChain, owner: DidDocument, known?: string): Promise<string> {
    const [handle] = owner.handles;
    if (!isHandle(handle)) return owner.did;
    const answer = await chain.try(resolving(handle));
    if (answer.ok) return answer.value["did"] === owner.did ? handle : owner.did;
    const silent = answer.fault !== "not_found" && answer.fault !== "malformed";
    return silent && known?.startsWith(`${handle}/`) ? handle : owner.did;
  }

  async function described(
    chain: QuestionChain,
    found: { stableId: string; owner: DidDocument; name: string; cloneUrl: string; agree: boolean; known?: string },
    branchOf: { knotUrl: string; repo: string },
  ): Promise<RepositoryDescription> {
    const query = new URLSearchParams({ repo: branchOf.repo });
    const branch = await chain.try(json(`${branchOf.knotUrl}/xrpc/sh.tangled.repo.getDefaultBranch?${query}`));
    const head = branch.ok ? branch.value["name"] : null;
    const shown = await shownOwner(chain, found.owner, found.known);
    const slug = `${shown}/${found.name}`;
    return {
      forge: "tangled",
      stableId: found.stableId,
      slug,
      cloneUrl: found.cloneUrl,
      webUrl: `${options.webUrl}/${isDid(shown) ? "" : "@"}${slug}`,
      defaultBranch: typeof head === "string" && isBranchName(head) ? head : null,
      visibility: "unknown",
      archived: false,
      licenceHint: null,
      ownerDid: found.owner.did,
      agree: found.agree,
    };
  }

  async function byRepoDid(chain: QuestionChain, repoDid: string, known?: string): Promise<RepositoryDescription> {
    const own = await chain.need(document(repoDid));
    if (!own.endpoint) throw new NoAnswer("not_found");
    const query = new URLSearchParams({ repoDid });
    const said = await chain.need(json(`${own.endpoint}/xrpc/sh.tangled.repo.describeRepo?${query}`));
    if (!isDid(said["ownerDid"])) throw new NoAnswer("malformed");
    const owner = await chain.need(document(said["ownerDid"]));
    const record = await recordOf(chain, owner, said["rkey"]);
    const agree =
      said["repoDid"] === repoDid && record?.repoDid === repoDid && record.knot === new URL(own.endpoint).host;
    const name = record?.name ?? known?.split("/").at(-1) ?? repoDid;
    const cloneUrl = `${own.endpoint}/${repoDid}`;
    const found = { stableId: repoDid, owner, name, cloneUrl, agree, ...(known === undefined ? {} : { known }) };
    return described(chain, found, { knotUrl: own.endpoint, repo: repoDid });
  }

  async function byOldId(chain: QuestionChain, pinned: OldKnotRepository, known?: string) {
    const owner = await chain.need(document(pinned.ownerDid));
    const record = await recordOf(chain, owner, pinned.rkey);
    if (record === null) throw new NoAnswer("not_found");
    const knotUrl = guard.originOf(pinned.knot);
    const knotAgrees =
      record.repoDid === null
        ? await saysNothingElse(chain, knotUrl, pinned, record)
        : await wasGivenADid(chain, pinned, record.repoDid);
    const found = {
      stableId: oldId(pinned),
      owner,
      name: record.name,
      cloneUrl: `${knotUrl}/${pinned.ownerDid}/${record.name}`,
      agree: record.knot === pinned.knot && knotAgrees,
      ...(known === undefined ? {} : { known }),
    };
    return described(chain, found, { knotUrl, repo: `${pinned.ownerDid}/${record.name}` });
  }

  /** An old knot need not know describeRepo. One that does and names somebody else contradicts the record. */
  async function saysNothingElse(
    chain: QuestionChain,
    knotUrl: string,
    { ownerDid, rkey }: OldKnotRepository,
    { name }: RepoRecord,
  ): Promise<boolean> {
    const query = new URLSearchParams({ repo: `${ownerDid}/${name}` });
    const said = await chain.try(json(`${knotUrl}/xrpc/sh.tangled.repo.describeRepo?${query}`));
    if (said.ok) {
      const { ownerDid: owner = ownerDid, rkey: key = rkey } = said.value;
      return owner === ownerDid && key === rkey;
    }
    const status = said.evidence.at(-1)?.status ?? null;
    if (status !== null && [200, 204, 400, 404, 405, 501].includes(status)) return true;
    throw new NoAnswer(said.fault, said.retryAfterMs);
  }

  /** The knot was renewed and the repository has a DID now: the same one, if DID and knot lead back to the pinned record. */
  async function wasGivenADid(chain: QuestionChain, pinned: OldKnotRepository, repoDid: string): Promise<boolean> {
    const own = await chain.need(document(repoDid));
    if (!own.endpoint || new URL(own.endpoint).host !== pinned.knot) return false;
    const query = new URLSearchParams({ repoDid });
    const said = await chain.need(json(`${own.endpoint}/xrpc/sh.tangled.repo.describeRepo?${query}`));
    return said["repoDid"] === repoDid && said["ownerDid"] === pinned.ownerDid && said["rkey"] === pinned.rkey;
  }

  /** A deleted repository may leave its record behind, under the name of the next one: the one that is there counts. */
  async function byName(chain: QuestionChain, owner: DidDocument, name: string): Promise<RepositoryDescription> {
    const records = await recordsNamed(chain, owner, name);
    const candidates = [
      ...records.filter((one) => one.repoDid !== null),
      ...records.filter((one) => one.repoDid === null),
    ].slice(0, MAX_CANDIDATES);
    let doubtful: RepositoryDescription | undefined;
    let reason = new NoAnswer("not_found");
    for (const { repoDid, rkey, knot } of candidates) {
      const looking =
        repoDid === null ? byOldId(chain, { ownerDid: owner.did, rkey, knot }) : byRepoDid(chain, repoDid);
      const found = await looking.catch((error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error;
        reason = error;
        return null;
      });
      // Anybody may write a record that names somebody else's repository.
      if (found === null || found.ownerDid !== owner.did) continue;
      if (found.agree) return found;
      doubtful ??= found;
    }
    if (doubtful) return doubtful;
    throw reason;
  }

  const describe = ({ stableId, slug }: RepositoryRef): Promise<Observed<RepositoryDescription>> =>
    walk(limits, (chain) => {
      if (isDid(stableId)) return byRepoDid(chain, stableId, slug);
      const old = readOldId(stableId);
      if (old === null) throw new NoAnswer("malformed");
      return byOldId(chain, old, slug);
    });

  return {
    entryUrl: options.plcUrl,
    describe,

    find: (address) =>
      walk(limits, async (chain) => {
        if (address.forge !== "tangled") throw new NoAnswer("malformed");
        if ("repoDid" in address) return byRepoDid(chain, address.repoDid);
        return byName(chain, await ownerOf(chain, address.owner), address.name);
      }),

    async pushes(ref, since) {
      const found = await describe(ref);
      if (!found.ok) return found;
      const told = await readKnotEvents(guard, new URL(found.value.cloneUrl).origin, `${since.getTime()}000000`);
      const evidence = [...found.evidence, ...told.evidence];
      if (!told.ok) return { ...told, evidence };
      const [ownerDid, name] = [found.value.ownerDid, found.value.slug.split("/").at(-1)];
      const here = told.value.hints.filter(
        (one) =>
          one.stableId === found.value.stableId ||
          (one.stableId === null && one.named?.ownerDid === ownerDid && one.named?.name === name),
      );
      return { ok: true, value: here.toReversed(), evidence };
    },
  };
}
