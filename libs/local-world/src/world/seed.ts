import { runToEnd } from "./child.ts";

/** Runs the seed script, which fills an empty database with the story and leaves a filled one as it is. */
export function runSeed(
  script: string,
  environment: NodeJS.ProcessEnv,
  ownerUrl: string,
  signal: AbortSignal,
): Promise<void> {
  return runToEnd([script], { ...environment, DATABASE_OWNER_URL: ownerUrl }, "The seed failed:", signal);
}
