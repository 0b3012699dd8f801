import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { accountForServer, canReach } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { Cluster } from "./cluster.ts";
import { keepPasswords, type Role, roles } from "./passwords.ts";
import { freePort, portIsFree } from "../world/ports.ts";

export interface PostgresOptions {
  /** Made when it is missing. As root it must lie where user `postgres` (or `nobody`) can reach it. */
  dataDir: string;
  /** When none is given: the one of the last time if it is still free, else any. A server that runs on the folder keeps its own. */
  port?: number;
  /** Databases that exist afterwards, owned by `freehold_owner`. */
  databases: string[];
  /** Further server settings, such as `{ fsync: "off" }` for tests. */
  settings?: Record<string, string>;
}

export interface Postgres {
  port: number;
  /** True when the server ran already (its starter was killed, or lives elsewhere). */
  attached: boolean;
  /** `freehold_owner`: owns the databases, migrates, may create the shadow database. */
  ownerUrl(database: string): string;
  /** `freehold_app`: what api and worker run as. */
  appUrl(database: string): string;
  superuserUrl(database: string): string;
  /** Makes a database, as a copy of `template` if told (nobody may be connected to that one). */
  createDatabase(name: string, options?: { template?: string }): Promise<void>;
  /** Drops a database and disconnects whoever uses it. */
  dropDatabase(name: string): Promise<void>;
  /** Whether the server is there; it may have been killed. */
  isRunning(): Promise<boolean>;
  /** Stops the server, whoever started it. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL 18 on 127.0.0.1 whose data and passwords live in `dataDir`. Starts it, or attaches to the one that runs there.
 * The server is a daemon: it survives the death of every process of ours and is stopped only by `stop`.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const account = accountForServer();
  const folder = path.resolve(options.dataDir);
  mkdirSync(folder, { recursive: true });
  if (!canReach(account, folder)) {
    throw new Error(
      `User ${account?.name} cannot reach ${folder}, and PostgreSQL does not run as root. Choose a folder below /var/tmp.`,
    );
  }
  const passwords = keepPasswords(path.join(folder, "passwords.json"));
  const cluster = new Cluster(path.join(folder, "cluster"), findBinaries(account), account);
  cluster.prepareFolder();
  await cluster.initialise(passwords.superuser);

  const portFile = path.join(folder, "port");
  let port = await cluster.runningPort();
  const attached = port !== undefined;
  if (port === undefined) {
    port = options.port ?? (await lastPort(portFile)) ?? (await freePort());
    if (!(await portIsFree(port))) throw new Error(`Port ${port}, wanted for PostgreSQL, is taken.`);
    await cluster.start(port, options.settings ?? {});
    writeFileSync(portFile, String(port));
  }
  const url = (role: Role, database: string) =>
    `postgresql://${roles[role]}:${passwords[role]}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const asSuperuser = <T>(act: (client: pg.Client) => Promise<T>) => withClient(url("superuser", "postgres"), act);

  await asSuperuser(async (client) => {
    await ensureRoles(client, passwords);
    for (const database of options.databases) {
      const known = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
      if (known.rowCount === 0) await createDatabase(client, database, undefined);
    }
  });

  return {
    port,
    attached,
    ownerUrl: (database) => url("owner", database),
    appUrl: (database) => url("app", database),
    superuserUrl: (database) => url("superuser", database),
    createDatabase: (name, how) => asSuperuser((client) => createDatabase(client, name, how?.template)),
    dropDatabase: async (name) => {
      await asSuperuser((client) =>
        client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`),
      );
    },
    isRunning: async () => (await cluster.runningPort()) !== undefined,
    stop: () => cluster.stop(),
  };
}

/** Stops the server on a data folder if one runs there; starts nothing. */
export async function stopPostgres(dataDir: string): Promise<void> {
  const folder = path.resolve(dataDir, "cluster");
  if (!existsSync(folder)) return;
  const account = accountForServer();
  await new Cluster(folder, findBinaries(account), account).stop();
}

async function lastPort(file: string): Promise<number | undefined> {
  if (!existsSync(file)) return undefined;
  const port = Number(readFileSync(file, "utf8"));
  return (await portIsFree(port)) ? port : undefined;
}

async function withClient<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

async function createDatabase(client: pg.Client, name: string, template: string | undefined): Promise<void> {
  const copy = template === undefined ? "" : ` TEMPLATE ${client.escapeIdentifier(template)}`;
  await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} OWNER ${roles.owner}${copy}`);
}

async function ensureRoles(client: pg.Client, passwords: Record<Role, string>): Promise<void> {
  const rights: Record<"owner" | "app", string> = { owner: "LOGIN CREATEDB", app: "LOGIN" };
  for (const role of ["owner", "app"] as const) {
    const known = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [roles[role]]);
    if (known.rowCount === 0) {
      await client.query(
        `CREATE ROLE ${roles[role]} ${rights[role]} PASSWORD ${client.escapeLiteral(passwords[role])}`,
      );
    }
  }
}
