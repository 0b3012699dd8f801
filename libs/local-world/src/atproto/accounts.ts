import { type Account, people, type PersonName } from "./people.ts";

/** Calls one XRPC procedure of a host; throws with the host's own words when it refuses. */
async function call<T>(pdsUrl: string, method: string, body: unknown, accessJwt?: string): Promise<T> {
  const response = await fetch(`${pdsUrl}/xrpc/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(accessJwt ? { authorization: `Bearer ${accessJwt}` } : {}) },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as T & { error?: string; message?: string };
  if (!response.ok) throw new Error(`${method} answered ${response.status}: ${answer.error} ${answer.message}`);
  return answer;
}

interface Session {
  did: string;
  accessJwt: string;
}

/** Gives every named person an account on the host, or finds the one they have. */
export async function ensurePeople(pdsUrl: string): Promise<Record<PersonName, Account>> {
  const accounts: Partial<Record<PersonName, Account>> = {};
  for (const person of people) {
    const { handle, email, password } = person;
    const did =
      (await findDid(pdsUrl, handle)) ??
      (await call<Session>(pdsUrl, "com.atproto.server.createAccount", { handle, email, password })).did;
    accounts[person.name] = { ...person, did };
  }
  return accounts as Record<PersonName, Account>;
}

async function findDid(pdsUrl: string, handle: string): Promise<string | undefined> {
  const response = await fetch(`${pdsUrl}/xrpc/com.atproto.identity.resolveHandle?handle=${handle}`);
  if (response.ok) return ((await response.json()) as { did: string }).did;
  return undefined;
}

/** Writes to the repository of somebody whose password is known. */
export class RepositoryWriter {
  readonly #pdsUrl: string;
  readonly #sessions = new Map<string, Session & { until: number }>();

  constructor(pdsUrl: string) {
    this.#pdsUrl = pdsUrl;
  }

  /** Puts one record, replacing what stood under the key. */
  async put(owner: Account, collection: string, rkey: string, record: Record<string, unknown>) {
    const written = { repo: owner.did, collection, rkey, record: { $type: collection, ...record } };
    const accessJwt = await this.#accessOf(owner);
    return call<{ uri: string; cid: string }>(this.#pdsUrl, "com.atproto.repo.putRecord", written, accessJwt);
  }

  async delete(owner: Account, collection: string, rkey: string): Promise<void> {
    const named = { repo: owner.did, collection, rkey };
    await call(this.#pdsUrl, "com.atproto.repo.deleteRecord", named, await this.#accessOf(owner));
  }

  /** Signing in is slow on purpose; a token is good for two hours. */
  async #accessOf(owner: Account): Promise<string> {
    const known = this.#sessions.get(owner.did);
    if (known && known.until > Date.now()) return known.accessJwt;
    const signIn = { identifier: owner.did, password: owner.password };
    const session = await call<Session>(this.#pdsUrl, "com.atproto.server.createSession", signIn);
    this.#sessions.set(owner.did, { ...session, until: Date.now() + 3_600_000 });
    return session.accessJwt;
  }
}
