import { createSignIn } from "@freehold/atproto";
import type { Environment } from "@freehold/contract";
import { Database } from "@freehold/database";
import type { Ground } from "./ground.ts";
import { roomControllers } from "./rooms.ts";

/** Opens what the api stands on: the database, sign-in, and the rooms of the story with their controllers. */
export async function openGround(environment: Environment): Promise<Ground> {
  const database = new Database(environment.DATABASE_URL, { application: "freehold api" });
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
    signIn,
    imports: [],
    controllers: roomControllers,
    providers: [],
    async close() {
      await signIn.close();
      await database.$disconnect();
    },
  };
}
