import type { AddressGuard } from "../address/guard.ts";
import { digestOf, type FaultFacts } from "../evidence.ts";
import type { Advertisement } from "../git/advertise.ts";
import type { Mirror } from "../git/mirror.ts";
import { count, isFault, ok, unclear } from "./outcome.ts";

export type MirrorFacts = { refs: number; refsDigest: string; commits: number } | FaultFacts;

/** Check 3. Everything below is decided on our own copy, fetched anonymously and checked object by object. */
export const mirror = {
  name: "mirror" as const,
  judge(facts: MirrorFacts) {
    if (isFault(facts)) return unclear(facts, "The repository could not be copied");
    return ok(
      `Our own copy holds ${count(facts.commits, "commit", "commits")} from ${count(facts.refs, "branch or tag", "branches and tags")}.`,
    );
  },

  async observe(copy: Mirror, guard: AddressGuard, advertised: Advertisement): Promise<MirrorFacts> {
    await copy.fetch(guard, advertised);
    const refs = await copy.observed();
    return { refs: Object.keys(refs).length, refsDigest: digestOf(refs), commits: await copy.commitCount() };
  },
};
