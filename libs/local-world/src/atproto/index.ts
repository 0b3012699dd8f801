import { mkdirSync } from "node:fs";
import path from "node:path";
import { freePort } from "../world/ports.ts";
import { ensurePeople, RepositoryWriter } from "./accounts.ts";
import { startDirectory } from "./directory.ts";
import { startHost } from "./host.ts";
import type { Account, PersonName } from "./people.ts";

export interface AtprotoNetworkOptions {
  dataDir: string;
  /** Free ports are chosen when none are given. Keep them: the host's is written into every account. */
  plcPort?: number;
  pdsPort?: number;
}

/** Somebody's view of a network that runs here or in another process. */
export interface AtprotoNetwork {
  plcUrl: string;
  pdsUrl: string;
  people: Record<PersonName, Account>;
  /** Puts a record into the repository of a named person (by name or DID), replacing what stood under the key. */
  createRecord(
    owner: string,
    collection: string,
    rkey: string,
    record: Record<string, unknown>,
  ): Promise<{ uri: string; cid: string }>;
  deleteRecord(owner: string, collection: string, rkey: string): Promise<void>;
}

/**
 * A whole ATProto network on 127.0.0.1, in this process: a PLC directory and one host, with an account for every named person.
 * Everything is kept in `dataDir` and is there again after a restart, a SIGKILL included.
 */
export async function startAtprotoNetwork(
  options: AtprotoNetworkOptions,
): Promise<AtprotoNetwork & { close(): Promise<void> }> {
  const servers = await startAtprotoServers(options);
  return { ...(await connectAtprotoNetwork(servers.plcUrl, servers.pdsUrl)), close: servers.close };
}

/** The directory and the host alone, without people. */
export async function startAtprotoServers(options: AtprotoNetworkOptions) {
  const folder = path.resolve(options.dataDir);
  mkdirSync(folder, { recursive: true });
  const directory = await startDirectory(folder, options.plcPort ?? (await freePort()));
  const host = await startHost(folder, options.pdsPort ?? (await freePort()), directory.url);
  return {
    plcUrl: directory.url,
    pdsUrl: host.url,
    async close() {
      await host.close();
      await directory.close();
    },
  };
}

/** A network that runs in another process, with its people. */
export async function connectAtprotoNetwork(plcUrl: string, pdsUrl: string): Promise<AtprotoNetwork> {
  const accounts = await ensurePeople(pdsUrl);
  const writer = new RepositoryWriter(pdsUrl);
  const find = (owner: string) => {
    const account = Object.values(accounts).find((one) => one.name === owner || one.did === owner);
    if (account === undefined) throw new Error(`${owner} is not one of the named people of the local world.`);
    return account;
  };
  return {
    plcUrl,
    pdsUrl,
    people: accounts,
    createRecord: async (owner, collection, rkey, record) => writer.put(find(owner), collection, rkey, record),
    deleteRecord: async (owner, collection, rkey) => writer.delete(find(owner), collection, rkey),
  };
}
