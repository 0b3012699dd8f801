import { createSignIn } from "@freehold/atproto";
import type { Environment } from "@freehold/contract";
import { createLog, openParts } from "@freehold/journey";
import type { Ground } from "./ground.ts";
import { roomControllers } from "./rooms.ts";

/** Opens what the api stands on, as the environment says: each part the real thing, or the local world's. */
export async function openGround(environment: Environment): Promise<Ground> {
  const { database, vault, verifier, evidence } = openParts(environment, "freehold api");
  const signIn = await createSignIn({
    database,
    databaseUrl: environment.DATABASE_URL,
    publicUrl: environment.PUBLIC_URL,
    plcUrl: environment.PLC_URL,
    pdsUrl: environment.PDS_URL,
    sessionSecret: environment.SESSION_SECRET,
    local: environment.FREEHOLD_WORLD === "local",
  });
  return {
    database,
    vault,
    verifier,
    evidence,
    signIn,
    controllers: roomControllers,
    log: createLog(environment, "api"),
    async close() {
      await signIn.close();
      await database.$disconnect();
    },
  };
}
