#!/usr/bin/env node
/**
 * Stands in for Prisma's native `schema-engine` binary: the same Rust engine in Prisma's own WebAssembly build
 * (`@prisma/schema-engine-wasm`), which reaches PostgreSQL through `@prisma/adapter-pg`. It speaks the newline-delimited JSON-RPC
 * that the Prisma CLI speaks with the binary. Started by `tools/prisma.ts` through PRISMA_SCHEMA_ENGINE_BINARY.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { bindEngineAdapter } from "./schema-engine-adapter.mjs";

const require = createRequire(import.meta.url);
const { datamodels, datasource, databaseCommand } = readArguments(process.argv.slice(2));

function readArguments(args) {
  const read = { datamodels: [], datasource: {}, databaseCommand: undefined };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--datamodels") {
      const file = args[++i];
      read.datamodels.push([file, readFileSync(file, "utf8")]);
    } else if (args[i] === "--datasource") {
      read.datasource = JSON.parse(args[++i]);
    } else if (args[i] === "--version" || args[i] === "-V") {
      console.log(`schema-engine-cli ${require("@prisma/engines-version").enginesVersion}`);
      process.exit(0);
    } else if (args[i] === "cli") {
      read.databaseCommand = args[++i];
      break;
    } else if (args[i].startsWith("--")) {
      i++;
    }
  }
  return read;
}

/** The CLI reads the engine's log as JSON lines on stderr and shows `error_code` to the user. */
function log(level, message, fields = {}) {
  const line = {
    timestamp: new Date().toISOString(),
    level,
    fields: { message, ...fields },
    target: "schema_engine::logger",
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function addressOf(url) {
  if (!url) throw Object.assign(new Error("No datasource url in prisma.config.ts."), { code: "P1012" });
  return new URL(url);
}

const databaseOf = (address) => decodeURIComponent(address.pathname.slice(1));

/** Runs `act` on a connection to the address, or to another database of the same server. */
async function withClient(address, database, act) {
  const own = new URL(address.href);
  own.searchParams.delete("schema");
  if (database) own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

const createDatabase = (address) =>
  withClient(address, "postgres", (client) =>
    client.query(`CREATE DATABASE ${client.escapeIdentifier(databaseOf(address))}`),
  );

async function runDatabaseCommand(command) {
  const address = addressOf(datasource.url);
  if (command === "can-connect-to-database") await withClient(address, undefined, (client) => client.query("SELECT 1"));
  else if (command === "create-database") await createDatabase(address);
  else if (command === "drop-database") {
    await withClient(address, "postgres", (client) =>
      client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(databaseOf(address))} WITH (FORCE)`),
    );
  } else throw new Error(`The stand-in engine does not know the command ${command}.`);
}

/** PostgreSQL's SQLSTATE as the error codes that the CLI explains to people. */
const prismaCodes = { "3D000": "P1003", "28P01": "P1000", 28000: "P1000" };

async function startEngine() {
  const glue = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const folder = path.dirname(require.resolve("@prisma/schema-engine-wasm/schema_engine_bg"));
  globalThis.PRISMA_WASM_PANIC_REGISTRY ??= { set_message: (message) => log("ERROR", message, { is_panic: true }) };
  const bytes = readFileSync(path.join(folder, "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  // `diff` between two files needs no database: the address below is never dialled then.
  const address = addressOf(datasource.url ?? "postgresql://none@127.0.0.1:1/none");
  const debug = (message) => process.env.DEBUG && process.stderr.write(`${message}\n`);
  return glue.SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    debug,
    bindEngineAdapter(address),
  );
}

/** Methods that the WebAssembly build calls by another name than the binary. */
const renamed = { getDatabaseVersion: "version" };
let engine;
let printed = 0;

const answer = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

async function handle({ id, method, params }) {
  try {
    if (method === "createDatabase") {
      const address = addressOf(params.datasource?.url ?? datasource.url);
      await createDatabase(address);
      return answer({ id, result: { databaseName: databaseOf(address) } });
    }
    engine ??= await startEngine();
    const result = await engine[renamed[method] ?? method](params);
    if (method === "diff" && result?.stdout != null) {
      // The binary prints a difference by calling the CLI back; the WebAssembly build returns it.
      answer({ id: 1e9 + printed++, method: "print", params: { content: result.stdout } });
      result.stdout = null;
    }
    return answer({ id, result: result ?? null });
  } catch (error) {
    const message = error?.message ?? String(error);
    const data = {
      is_panic: error?.name === "RuntimeError",
      message,
      error_code: error?.code ?? error?.meta?.error_code,
      meta: error?.meta ?? null,
    };
    return answer({ id, error: { code: 4466, message: "An error happened. Check the data field for details.", data } });
  }
}

function serve() {
  let queue = Promise.resolve();
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on("line", (line) => {
    let request;
    try {
      request = JSON.parse(line);
    } catch {
      return;
    }
    // The CLI also answers our "print" calls; an answer has no method.
    if (request.method) queue = queue.then(() => handle(request));
  });
  lines.on("close", () => queue.then(() => process.exit(0)));
}

if (databaseCommand === undefined) serve();
else {
  try {
    await runDatabaseCommand(databaseCommand);
    process.exit(0);
  } catch (error) {
    const missing =
      error.code === "3D000" ? `Database \`${databaseOf(addressOf(datasource.url))}\` does not exist` : undefined;
    process.stderr.write("\n");
    log("ERROR", missing ?? error.message ?? String(error), {
      error_code: prismaCodes[error.code] ?? "P1001",
      is_panic: false,
    });
    process.exit(1);
  }
}
