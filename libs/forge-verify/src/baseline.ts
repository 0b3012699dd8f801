import { digestOf } from "./evidence.ts";
import type { Mirror } from "./git/mirror.ts";

/** What was public when the development started. JSON-safe; the objects themselves stay in the mirror. */
export interface Baseline {
  mirrorKey: string;
  /** ISO, UTC. */
  takenAt: string;
  /** Full branch and tag names, and `refs/seen/<sha>` for tips that earlier fetches saw, → commit or tag id. */
  refs: Record<string, string>;
  /** The default branch then, without refs/heads/. */
  head: string | null;
  commits: number;
  /** sha256 over the canonical JSON of the rest. */
  digest: string;
}

/** Write down everything that the mirror holds now: the branches and tags of today and every tip seen before. */
export async function baselineOf(mirror: Mirror, mirrorKey: string, head: string | null, at: Date): Promise<Baseline> {
  const refs = { ...(await mirror.observed()) };
  const shown = new Set(Object.values(refs));
  for (const sha of await mirror.seen()) if (!shown.has(sha)) refs[`refs/seen/${sha}`] = sha;
  const plain = { mirrorKey, takenAt: at.toISOString(), refs, head, commits: await mirror.commitCount() };
  return { ...plain, digest: digestOf(plain) };
}

/** Whether nobody changed the baseline since it was taken. */
export function isUntouched({ digest, ...plain }: Baseline): boolean {
  return digest === digestOf(plain);
}

/** The distinct tips of a baseline, branches first. */
export function tipsOf(baseline: Baseline): string[] {
  const names = Object.keys(baseline.refs).toSorted((a, b) => rank(a) - rank(b));
  return [...new Set(names.flatMap((name) => baseline.refs[name] ?? []))].filter((sha) => /^[0-9a-f]{40}$/.test(sha));
}

const rank = (name: string) => (name.startsWith("refs/heads/") ? 0 : name.startsWith("refs/tags/") ? 1 : 2);
