/** `npm run test:long`: the suites whose size is a number, at ten times theirs. Repeat one with FREEHOLD_SEED. */
import { generateClient } from "./prisma.ts";
import { requireNode24, run } from "./run.ts";

requireNode24();
generateClient();
/** New stories each time. */
const seed = process.env["FREEHOLD_SEED"] ?? String(Date.now() % 2 ** 31);
const vault = await run(["vitest", "run", "--project", "escrow", "src/model.test.ts"], {
  show: true,
  env: { FREEHOLD_STORIES: process.env["FREEHOLD_STORIES"] ?? "10000", FREEHOLD_SEED: seed },
});
const rooms = await run(["vitest", "run", "--project", "journey", "src/random-stories.test.ts"], {
  show: true,
  env: { FREEHOLD_STORIES: process.env["FREEHOLD_STORIES"] ?? "600" },
});
/** Whether each check of the proof of release is missed when it is switched off. */
const checks = await run(["node", "tools/mutate-checks.ts"], { show: true });
process.exitCode = vault.code || rooms.code || checks.code;
