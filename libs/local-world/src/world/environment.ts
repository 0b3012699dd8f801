import path from "node:path";
import type { AtprotoNetwork } from "../atproto/index.ts";
import type { Forges } from "./forges.ts";
import type { DatabaseAddresses, Ground } from "./foundations.ts";
import type { Secrets } from "./secrets.ts";

export interface Assembled {
  publicUrl: string;
  database: DatabaseAddresses;
  redisUrl: string | undefined;
  network: AtprotoNetwork | undefined;
  forges: Forges;
  stripeUrl: string | undefined;
  previewUrl: string;
  secrets: Secrets;
}

/** What api, worker and web are told. A part that is real keeps the variables it was given. */
export function environmentOfApps(ground: Ground, world: Assembled): NodeJS.ProcessEnv {
  const { network, forges } = world;
  const staff = Object.values(network?.people ?? {}).filter((person) => person.part === "staff");
  return {
    ...ground.given,
    NODE_ENV: "development",
    FREEHOLD_WORLD: "local",
    PUBLIC_URL: world.publicUrl,
    API_URL: `http://127.0.0.1:${ground.ports.api}`,
    DATABASE_URL: world.database.appUrl,
    // Lent to the api alone, and only while the clock may be wound.
    DATABASE_OWNER_URL: undefined,
    REDIS_URL: world.redisUrl,
    QUEUE_DATABASE_URL: world.redisUrl ? undefined : world.database.queueUrl,
    MIRRORS_DIR: path.join(ground.dataDir, "mirrors"),
    EVIDENCE_DIR: path.join(ground.dataDir, "evidence"),
    SESSION_SECRET: ground.given["SESSION_SECRET"] ?? world.secrets.sessionSecret,
    FORGE_WEBHOOK_SECRET: ground.given["FORGE_WEBHOOK_SECRET"] ?? world.secrets.forgeWebhookSecret,
    CLAIM_SIGNING_KEY: ground.given["CLAIM_SIGNING_KEY"] ?? world.secrets.claimSigningKey,
    BOOT_SEED: "1",
    LOCAL_PREVIEW_URL: world.previewUrl,
    ...(world.stripeUrl && {
      STRIPE_SECRET_KEY: "sk_test_local",
      STRIPE_WEBHOOK_SECRET: world.secrets.stripeWebhookSecret,
      STRIPE_CALLS_PER_SECOND: "100",
      STRIPE_API_URL: world.stripeUrl,
    }),
    ...(network && {
      PLC_URL: network.plcUrl,
      PDS_URL: network.pdsUrl,
      STAFF_DIDS: staff.map(({ did }) => did).join(","),
    }),
    ...(forges.github && { GITHUB_API_URL: forges.github.apiUrl, GITHUB_URL: forges.github.webUrl }),
    ...(forges.knot && { TANGLED_URL: forges.knot.url }),
  };
}
