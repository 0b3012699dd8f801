/** The parts of the world that can be the real thing instead of ours, each by its own variables. */
const variables = {
  database: ["DATABASE_URL"],
  redis: ["REDIS_URL"],
  stripe: ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"],
  atproto: ["PLC_URL", "PDS_URL"],
  github: ["GITHUB_API_URL", "GITHUB_URL"],
  tangled: ["TANGLED_URL"],
} as const;

export type Part = keyof typeof variables;

/** Those that know what time it is, and would not follow a clock that we wind. */
const withOwnClock: readonly Part[] = ["stripe", "atproto", "github", "tangled"];

/**
 * Which parts the environment replaces by the real thing. Refused when only some of a part's variables are set: half a part would
 * silently talk to the wrong place.
 */
export function findRealParts(environment: NodeJS.ProcessEnv): Set<Part> {
  const real = new Set<Part>();
  for (const [part, names] of Object.entries(variables) as [Part, readonly string[]][]) {
    const set = names.filter((name) => environment[name]);
    if (set.length === 0) continue;
    const missing = names.filter((name) => !set.includes(name));
    if (missing.length > 0) throw new Error(`${set.join(", ")} is set; set ${missing.join(", ")} as well, or neither.`);
    real.add(part);
  }
  return real;
}

/** The real parts that forbid winding the clock. */
export function partsWithOwnClock(real: Iterable<string>): string[] {
  return [...real].filter((part) => (withOwnClock as readonly string[]).includes(part));
}
