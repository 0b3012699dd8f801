import type { FaultFacts } from "../evidence.ts";
import { isFault, ok, unclear } from "./outcome.ts";

export type SafeAddressFacts = { address: string; leadsTo: string[] } | (FaultFacts & { address: string });

/** Check 0. We only ever go to public addresses; whoever names a server must not be able to send us elsewhere. */
export const safeAddress = {
  name: "safe-address" as const,
  judge(facts: SafeAddressFacts) {
    if (isFault(facts)) return unclear(facts, `The address ${facts.address} cannot be used`);
    return ok(`The address ${facts.address} is safe to ask.`);
  },
};
