import { setTimeout as delay } from "node:timers/promises";
import { Database } from "@freehold/database";
import { createSignIn, type SignInOptions } from "../index.ts";

/**
 * One process that refreshes one OAuth session three times, beginning at a moment (milliseconds):
 * `node refresh.ts '<options as JSON>' <did> <moment>`. Says when the last token expires.
 */
const [options, did, startAt] = process.argv.slice(2);
const given = JSON.parse(options!) as Omit<SignInOptions, "database">;
const database = new Database(given.databaseUrl);
const signIn = await createSignIn({ ...given, database });
await delay(Number(startAt) - Date.now());
for (let time = 0; time < 2; time += 1) await signIn.restore(did!, true);
const session = await signIn.restore(did!, true);
process.stdout.write(`${(await session.getTokenInfo(false)).expiresAt?.toISOString()}\n`);
await signIn.close();
await database.$disconnect();
