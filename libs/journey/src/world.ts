import { type DynamicModule, Global, Module } from "@nestjs/common";
import type { Environment } from "@freehold/contract";
import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { createForgeVerifier, EvidenceStore, type ForgeVerifier } from "@freehold/forge-verify";

/** Injection tokens for what is not a class. */
export const ENVIRONMENT = "ENVIRONMENT";
export const VERIFIER = "VERIFIER";

export interface WorldParts {
  database: Database;
  vault: Vault;
  verifier: ForgeVerifier;
  evidence: EvidenceStore;
  environment: Environment;
}

/** What every room stands in: one database (and its clock), one vault, one verifier, one environment. */
@Global()
@Module({})
export class World {
  static of(parts: WorldParts): DynamicModule {
    const providers = [
      { provide: Database, useValue: parts.database },
      { provide: Vault, useValue: parts.vault },
      { provide: VERIFIER, useValue: parts.verifier },
      { provide: EvidenceStore, useValue: parts.evidence },
      { provide: ENVIRONMENT, useValue: parts.environment },
    ];
    return { module: World, providers, exports: providers.map((provider) => provider.provide) };
  }
}

/** The parts of the world as the environment says, under the name by which PostgreSQL lists the process. */
export function openParts(environment: Environment, application: string): WorldParts {
  const database = new Database(environment.DATABASE_URL, { application });
  const vault = new Vault(database, {
    secretKey: environment.STRIPE_SECRET_KEY,
    webhookSecret: environment.STRIPE_WEBHOOK_SECRET,
    webhookAccountsSecret: environment.STRIPE_WEBHOOK_ACCOUNTS_SECRET,
    callsPerSecond: environment.STRIPE_CALLS_PER_SECOND,
    apiUrl: environment.STRIPE_API_URL,
  });
  const forges = [
    environment.GITHUB_API_URL,
    environment.GITHUB_URL,
    environment.TANGLED_URL,
    environment.PLC_URL,
    environment.PDS_URL,
    ...(environment.LOCAL_PREVIEW_URL === undefined ? [] : [environment.LOCAL_PREVIEW_URL]),
  ];
  const evidence = new EvidenceStore(environment.EVIDENCE_DIR);
  const verifier = createForgeVerifier({
    mirrorsDir: environment.MIRRORS_DIR,
    evidence,
    ...(environment.VERIFY_SECOND_ADDRESS === undefined ? {} : { secondAddress: environment.VERIFY_SECOND_ADDRESS }),
    githubApiUrl: environment.GITHUB_API_URL,
    githubWebUrl: environment.GITHUB_URL,
    ...(environment.GITHUB_TOKEN === undefined ? {} : { githubToken: environment.GITHUB_TOKEN }),
    plcUrl: environment.PLC_URL,
    handleResolverUrl: environment.PDS_URL,
    tangledWebUrl: environment.TANGLED_URL,
    // The local world's own ports, by name; everything else private stays refused.
    allowPrivateAddresses: environment.FREEHOLD_WORLD === "local" ? forges.map((address) => new URL(address).host) : [],
  });
  return { database, vault, verifier, evidence, environment };
}
