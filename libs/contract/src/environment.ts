import { z } from "zod";

const flag = z
  .enum(["0", "1"])
  .default("0")
  .transform((text) => text === "1");

/**
 * What the environment says, read once at boot by api, worker and web. A part whose variable is set is the real thing;
 * in production every part must be.
 */
const schema = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),
  /** `local` when `npm start` plays the internet. */
  FREEHOLD_WORLD: z.enum(["local"]).optional(),
  /** The one origin people see: cookies, OAuth client id, origin check, links. */
  PUBLIC_URL: z.url(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4001),
  WORKER_PORT: z.coerce.number().int().min(0).max(65_535).default(4002),
  /** Address to listen on; containers say 0.0.0.0. */
  LISTEN_HOST: z.string().default("127.0.0.1"),
  DATABASE_URL: z.url(),
  /** Only the local world lends it to the api: to wind the clock. */
  DATABASE_OWNER_URL: z.url().optional(),
  REDIS_URL: z.url().optional(),
  /** Where the queue lives when there is no Redis: a database of its own. Development only. */
  QUEUE_DATABASE_URL: z.url().optional(),
  STRIPE_SECRET_KEY: z.string().min(8),
  /** Several, separated by commas, while one is being replaced. */
  STRIPE_WEBHOOK_SECRET: z.string().min(8),
  /** Of the destination that tells of accounts (thin events), where it has a secret of its own. */
  STRIPE_WEBHOOK_ACCOUNTS_SECRET: z.string().min(8).optional(),
  /** How often a second work that can wait may call Stripe, over all workers together; the rest is for people. */
  STRIPE_CALLS_PER_SECOND: z.coerce.number().int().min(1).max(100).default(15),
  /** Only the local world sets it: where the Stripe simulator answers. */
  STRIPE_API_URL: z.url().optional(),
  PLC_URL: z.url().default("https://plc.directory"),
  /** A host that offers sign-up, and that resolves handles in the local world. */
  PDS_URL: z.url().default("https://bsky.social"),
  GITHUB_API_URL: z.url().default("https://api.github.com"),
  GITHUB_URL: z.url().default("https://github.com"),
  GITHUB_TOKEN: z.string().optional(),
  TANGLED_URL: z.url().default("https://tangled.org"),
  /** Only the local world sets it: where its previews are. */
  LOCAL_PREVIEW_URL: z.url().optional(),
  MIRRORS_DIR: z.string().min(1),
  /** Where evidence, bundles and previews that we keep are stored by their hash; api and worker share it. */
  EVIDENCE_DIR: z.string().min(1),
  /** Signs the webhooks of GitHub; each Tangled repository's secret is derived from it. Without it none are taken. */
  FORGE_WEBHOOK_SECRET: z.string().min(16).optional(),
  /** Another address of this machine, from which a self-hosted knot is looked at a second time. */
  VERIFY_SECOND_ADDRESS: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** Encrypts what sign-in stores; at least 32 characters. */
  SESSION_SECRET: z.string().min(32),
  /** The private Ed25519 key that signs claims: PKCS#8, DER, base64, one line. */
  CLAIM_SIGNING_KEY: z
    .string()
    .regex(/^MC4CAQAwBQYDK2VwBCIEI[A-Za-z0-9+/]{43}$/, "an Ed25519 key, PKCS#8 DER in base64"),
  /** Public halves (SPKI, DER, base64) of keys that signed before, comma-separated: what they signed stays verifiable. */
  CLAIM_FORMER_KEYS: z
    .string()
    .regex(/^(MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=(,|$))*$/, "public Ed25519 keys, SPKI DER in base64, comma-separated")
    .default(""),
  /** Comma-separated DIDs that are staff from the first boot on. */
  STAFF_DIDS: z.string().default(""),
  BOOT_SEED: flag,
});

export type Environment = z.infer<typeof schema>;

const localHosts = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
const isLocal = (address: string) => localHosts.includes(new URL(address).hostname);

/** What stands in the way of running in production with this environment; empty when nothing does. */
export function productionFaults(environment: Environment): string[] {
  const faults: string[] = [];
  const say = (wrong: boolean, sentence: string) => wrong && faults.push(sentence);
  say(environment.FREEHOLD_WORLD !== undefined, "FREEHOLD_WORLD is set: the local world is not for production.");
  say(environment.BOOT_SEED, "BOOT_SEED is set: seeds are for the local world.");
  say(environment.STRIPE_API_URL !== undefined, "STRIPE_API_URL points at a Stripe simulator.");
  say(environment.LOCAL_PREVIEW_URL !== undefined, "LOCAL_PREVIEW_URL points at previews of the local world.");
  say(!/^(sk|rk)_live_/.test(environment.STRIPE_SECRET_KEY), "STRIPE_SECRET_KEY is not a live key.");
  say(environment.REDIS_URL === undefined, "REDIS_URL is missing.");
  say(
    environment.DATABASE_OWNER_URL !== undefined,
    "DATABASE_OWNER_URL is for migrations: what runs must not hold the owner's rights.",
  );
  say(!environment.PUBLIC_URL.startsWith("https://"), "PUBLIC_URL must begin with https://.");
  for (const name of ["PLC_URL", "PDS_URL", "GITHUB_API_URL", "GITHUB_URL", "TANGLED_URL"] as const)
    say(
      isLocal(environment[name]) || !environment[name].startsWith("https://"),
      `${name} points at the local world (${environment[name]}).`,
    );
  return faults;
}

/** Reads the environment, or ends with one message that names everything that is missing or wrong. */
export function readEnvironment(source: Record<string, string | undefined> = process.env): Environment {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The environment is not complete:\n${lines.join("\n")}`);
  }
  if (parsed.data.NODE_ENV === "production") {
    const faults = productionFaults(parsed.data);
    if (faults.length > 0)
      throw new Error(
        `Refusing to start in production with a part of the local world:\n${faults.map((f) => `  ${f}`).join("\n")}`,
      );
  } else if (parsed.data.STRIPE_API_URL !== undefined && !parsed.data.STRIPE_SECRET_KEY.startsWith("sk_test_"))
    throw new Error("Refusing to send a key that is not a test key to a Stripe simulator.");
  return parsed.data;
}
