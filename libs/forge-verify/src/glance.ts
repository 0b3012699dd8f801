import type { AddressGuard } from "./address/guard.ts";
import type { Evidence } from "./checks/index.ts";
import type { Fault, Observed } from "./evidence.ts";
import type { Advertisement } from "./git/advertise.ts";
import type { Report } from "./report.ts";

/** What a server's silence can mean for the release; anything else only means that we could not look. */
const tells: ReadonlySet<Fault> = new Set(["not_found", "unauthorized", "legal_block", "unsafe_url", "malformed"]);

/**
 * Ask git alone, where the last whole look found the repository, whether anything moved: two requests, no API, no pack.
 * @returns the observations of a glance; null when only a whole look can answer
 */
export async function glanceAt(
  since: Report,
  { at }: { at: Date },
  world: { guard: AddressGuard; advertised: (cloneUrl: string) => Promise<Observed<Advertisement>> },
): Promise<Evidence[] | null> {
  const seen = since.observations.find((one) => one.check === "public-now");
  if (seen?.check !== "public-now" || !("advertisement" in seen.facts) || since.verdict.kind !== "pass") return null;
  const { cloneUrl, advertisement: advertisementThen } = seen.facts;
  const moment = at.toISOString();
  const safe = await world.guard.check(cloneUrl);
  if (!safe.ok) return null;
  const address: Evidence = {
    check: "safe-address",
    at: moment,
    facts: { address: cloneUrl, leadsTo: safe.addresses },
    requests: [],
  };
  const shown = await world.advertised(cloneUrl);
  if (!shown.ok) {
    if (tells.has(shown.fault)) return null;
    const wait = shown.retryAfterMs === undefined ? {} : { retryAfterMs: shown.retryAfterMs };
    const facts = { forgeSays: "unknown" as const, cloneUrl, fault: shown.fault, ...wait };
    return [address, { check: "public-now", at: moment, facts, requests: shown.evidence }];
  }
  const { refs, digest: advertisement, objectFormat } = shown.value;
  if (advertisement !== advertisementThen) return null;
  const listed = { refs: Object.keys(refs).length, advertisement, objectFormat };
  return [
    address,
    {
      check: "public-now",
      at: moment,
      facts: { forgeSays: "unknown", cloneUrl, ...listed },
      requests: shown.evidence,
    },
    {
      check: "held",
      at: moment,
      facts: { kind: "glance", since: since.at, wholeLook: since.digest, advertisementThen, advertisement },
      requests: [],
    },
  ];
}
