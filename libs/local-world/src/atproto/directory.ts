import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { keepToLoopback } from "./loopback.ts";

const require = createRequire(import.meta.url);

interface SavedOperation {
  cid: string;
  createdAt: string;
  [field: string]: unknown;
}

/**
 * A real PLC directory, which knows every DID of the local world. Its server keeps operations in memory only, so each one that it
 * accepts is written to `operations.json` before it is acknowledged: no DID is lost, however the process ends.
 */
export async function startDirectory(dataDir: string, port: number): Promise<{ url: string; close(): Promise<void> }> {
  // CommonJS: an import statement would see its default export twice removed.
  const plc = require("@did-plc/server") as typeof import("@did-plc/server");
  const database = plc.Database.mock();
  const file = path.join(dataDir, "operations.json");
  database.contents = read(file) as typeof database.contents;

  const accept = database.validateAndAddOp.bind(database);
  database.validateAndAddOp = async (did, operation) => {
    await accept(did, operation);
    write(file, database.contents);
  };

  const server = plc.PlcServer.create({ db: database, port });
  keepToLoopback(server.app);
  await server.start();
  return { url: `http://localhost:${port}`, close: () => server.destroy() };
}

function read(file: string): Record<string, unknown[]> {
  let saved: Record<string, SavedOperation[]>;
  try {
    saved = JSON.parse(readFileSync(file, "utf8")) as typeof saved;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  // The server compares content ids as objects of its own copy of the library.
  const { CID } = createRequire(require.resolve("@did-plc/server"))("multiformats/cid") as {
    CID: { parse(text: string): unknown };
  };
  const revive = (saved: SavedOperation) => ({
    ...saved,
    cid: CID.parse(saved.cid),
    createdAt: new Date(saved.createdAt),
  });
  return Object.fromEntries(Object.entries(saved).map(([did, operations]) => [did, operations.map(revive)]));
}

function write(file: string, contents: Record<string, { cid: { toString(): string } }[]>): void {
  const plain = Object.entries(contents).map(([did, operations]) => [
    did,
    operations.map((operation) => ({ ...operation, cid: operation.cid.toString() })),
  ]);
  writeFileSync(`${file}.draft`, JSON.stringify(Object.fromEntries(plain)));
  renameSync(`${file}.draft`, file);
}
