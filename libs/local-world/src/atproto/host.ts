import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { keepToLoopback } from "./loopback.ts";

/**
 * A real personal data server: accounts, repositories, and the OAuth pages where people sign in and newcomers sign up
 * (open to everybody, no invitation). Its port is part of every account's DID document and must stay the same.
 */
export async function startHost(
  dataDir: string,
  port: number,
  plcUrl: string,
): Promise<{ url: string; close(): Promise<void> }> {
  // Read when its modules load, hence before the import.
  process.env["LOG_ENABLED"] ??= "0";
  const { PDS } = await import("@atproto/pds");
  const repositories = path.join(dataDir, "repositories");
  mkdirSync(repositories, { recursive: true });
  const pds = await PDS.fromEnv({
    ...keepSecrets(path.join(dataDir, "secrets.json")),
    devMode: true,
    port,
    hostname: "localhost",
    dataDirectory: repositories,
    blobstoreDiskLocation: path.join(dataDir, "blobs"),
    didPlcUrl: plcUrl,
    serviceName: "Local host",
    serviceHandleDomains: [".test"],
    inviteRequired: false,
    // The host insists on a view of the network to which it would pass on foreign requests; there is none here.
    bskyAppViewUrl: "https://appview.invalid",
    bskyAppViewDid: "did:example:invalid",
  });
  keepToLoopback(pds.app);
  await pds.start();
  return { url: `http://localhost:${port}`, close: () => pds.destroy() };
}

interface Secrets {
  adminPassword: string;
  jwtSecret: string;
  plcRotationKeyK256PrivateKeyHex: string;
}

function keepSecrets(file: string): Secrets {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  const random = () => randomBytes(32).toString("hex");
  const secrets: Secrets = { adminPassword: random(), jwtSecret: random(), plcRotationKeyK256PrivateKeyHex: random() };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
