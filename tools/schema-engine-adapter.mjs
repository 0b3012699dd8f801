/** `@prisma/adapter-pg`, with the three gaps filled that migrations (unlike queries) fall into. */
import { randomUUID } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import pg from "pg";

/** PostgreSQL type numbers: `"char"`, which only the system catalogues use and the adapter does not know, and `text`. */
const charType = 18;
const textType = 25;

/**
 * The adapter factory that the WebAssembly engine drives.
 * @param {URL} address of the database, with an optional `schema` parameter
 */
export function bindEngineAdapter(address) {
  const schema = address.searchParams.get("schema") ?? undefined;
  const sslmode = address.searchParams.get("sslmode");
  const config = {
    host: address.hostname,
    port: Number(address.port || 5432),
    user: decodeURIComponent(address.username),
    password: decodeURIComponent(address.password),
    database: decodeURIComponent(address.pathname.slice(1)),
    max: 2,
    ...(sslmode ? { ssl: sslmode !== "disable" } : {}),
  };
  const factory = new PrismaPg(config, { schema });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    return fillGaps(adapter, adapter.underlyingDriver());
  };
  factory.connectToShadowDb = () => connectToShadowDatabase(config, schema);
  return bindMigrationAwareSqlAdapterFactory(factory);
}

function fillGaps(queryable, pool) {
  readCatalogueChars(queryable);
  if (pool) {
    // The adapter splits a script at every ";" and so breaks the bodies of functions; the server takes it whole.
    queryable.executeScript = async (script) => {
      try {
        await pool.query(script);
      } catch (error) {
        queryable.onError(error);
      }
    };
    const startTransaction = queryable.startTransaction.bind(queryable);
    queryable.startTransaction = async (level) => fillGaps(await startTransaction(level));
  }
  return queryable;
}

function readCatalogueChars(queryable) {
  const performIO = queryable.performIO.bind(queryable);
  const queryRaw = queryable.queryRaw.bind(queryable);
  let chars = [];
  queryable.performIO = async (query) => {
    const result = await performIO(query);
    chars = result.fields.map((field) => field.dataTypeID === charType);
    for (const field of result.fields) if (field.dataTypeID === charType) field.dataTypeID = textType;
    return result;
  };
  queryable.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const [i, wasChar] of chars.entries()) if (wasChar) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
}

/** The adapter drops the shadow database while it is still connected to it; here the connections end first. */
async function connectToShadowDatabase(config, schema) {
  const name = `prisma_migrate_shadow_db_${randomUUID()}`;
  const admin = new pg.Pool({ ...config, max: 1 });
  await admin.query(`CREATE DATABASE "${name}"`);
  const adapter = await new PrismaPg({ ...config, database: name }, { schema }).connect();
  const pool = adapter.underlyingDriver();
  adapter.dispose = async () => {
    await pool.end();
    await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    await admin.end();
  };
  return fillGaps(adapter, pool);
}
