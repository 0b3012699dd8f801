import { type DynamicModule, Global, Module } from "@nestjs/common";
import type { Environment } from "@freehold/contract";
import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import type { ForgeVerifier } from "@freehold/forge-verify";

/** Injection tokens for what is not a class. */
export const ENVIRONMENT = "ENVIRONMENT";
export const VERIFIER = "VERIFIER";

export interface WorldParts {
  database: Database;
  vault: Vault;
  verifier: ForgeVerifier;
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
      { provide: ENVIRONMENT, useValue: parts.environment },
    ];
    return { module: World, providers, exports: providers.map((provider) => provider.provide) };
  }
}
