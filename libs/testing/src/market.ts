import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Environment } from "@freehold/contract";
import { Vault } from "@freehold/escrow";
import { createForgeVerifier, EvidenceStore } from "@freehold/forge-verify";
import {
  type LocalGitHub,
  type LocalPreview,
  startGitHub,
  startPreview,
  startStripeSimulator,
  type StripeSimulator,
} from "@freehold/local-world";
import type { WorldParts } from "@freehold/journey";
import { openTestDatabase, type TestDatabase } from "./database.ts";

const WEBHOOK_SECRET = "whsec_for_tests";

/** A small real world for one test file: a database, a Stripe, a GitHub, and the parts of Freehold that talk to them. */
export interface Market extends TestDatabase {
  stripe: StripeSimulator;
  github: LocalGitHub;
  /** Where developers show what they built; the story's previews are here unless it says otherwise. */
  preview: LocalPreview;
  parts: WorldParts;
  /** Where the verifier keeps its copies of repositories. */
  mirrorsDir: string;
  vault: Vault;
  /** How many webhook calls were answered with an error. */
  webhookFailures(): number;
}

export async function openMarket(options: { validate?: boolean } = {}): Promise<Market> {
  const ground = await openTestDatabase();
  const { database } = ground;
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-market-"));
  const stripe = await startStripeSimulator({
    now: () => database.now(),
    tickMs: 0,
    ...(options.validate === undefined ? {} : { validate: options.validate }),
  });
  const github = await startGitHub({ dataDir: path.join(folder, "github") });
  const preview = await startPreview();
  const vault = new Vault(database, { secretKey: "sk_test_market", webhookSecret: WEBHOOK_SECRET, apiUrl: stripe.url });
  const listener = await listenForWebhooks(vault);
  stripe.setWebhook({ url: listener.url, secret: WEBHOOK_SECRET });
  const evidence = new EvidenceStore(path.join(folder, "evidence"));
  const verifier = createForgeVerifier({
    mirrorsDir: path.join(folder, "mirrors"),
    evidence,
    githubApiUrl: github.apiUrl,
    githubWebUrl: github.webUrl,
    allowPrivateAddresses: [github.host, preview.host],
  });
  const environment = testEnvironment({
    DATABASE_URL: ground.appUrl,
    STRIPE_API_URL: stripe.url,
    GITHUB_URL: github.webUrl,
  });
  return {
    ...ground,
    stripe,
    github,
    preview,
    vault,
    parts: { database, vault, verifier, evidence, environment },
    mirrorsDir: path.join(folder, "mirrors"),
    webhookFailures: () => listener.failures(),
    async close() {
      await stripe.close();
      await github.close();
      await preview.close();
      await listener.close();
      await ground.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A complete environment; what a test does not say is harmless. */
export function testEnvironment(given: Partial<Environment> = {}): Environment {
  return {
    NODE_ENV: "test",
    FREEHOLD_WORLD: "local",
    PUBLIC_URL: "http://127.0.0.1:4000",
    PORT: 0,
    WORKER_PORT: 0,
    LISTEN_HOST: "127.0.0.1",
    DATABASE_URL: "postgresql://nobody@127.0.0.1:1/nothing",
    STRIPE_SECRET_KEY: "sk_test_market",
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    PLC_URL: "http://localhost:1",
    PDS_URL: "http://localhost:1",
    GITHUB_API_URL: "http://127.0.0.1:1",
    GITHUB_URL: "http://127.0.0.1:1",
    TANGLED_URL: "http://127.0.0.1:1",
    MIRRORS_DIR: path.join(tmpdir(), "freehold-no-mirrors"),
    EVIDENCE_DIR: path.join(tmpdir(), "freehold-no-evidence"),
    // The simulator has no limit; the pace has a test of its own.
    STRIPE_CALLS_PER_SECOND: 100,
    SESSION_SECRET: "a secret for tests, long enough to be one",
    // Of no use anywhere else.
    CLAIM_SIGNING_KEY: "MC4CAQAwBQYDK2VwBCIEIGBf8nFbYeE2tiB7kMSCrz3n0SWHOff2EXzhl7vGBukY",
    CLAIM_FORMER_KEYS: "",
    STAFF_DIDS: "did:test:frank,did:test:grace,did:test:heidi",
    BOOT_SEED: false,
    ...given,
  };
}

async function listenForWebhooks(vault: Vault) {
  let failures = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      vault.inbox.receive(Buffer.concat(chunks), String(request.headers["stripe-signature"] ?? "")).then(
        () => response.writeHead(202).end(),
        () => {
          failures += 1;
          response.writeHead(500).end();
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/stripe`,
    failures: () => failures,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
