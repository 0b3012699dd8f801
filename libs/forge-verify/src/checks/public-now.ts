import type { FaultFacts } from "../evidence.ts";
import { count, fail, human, isFault, ok, unclear } from "./outcome.ts";

type Visibility = "public" | "private" | "unknown";

export type PublicNowFacts =
  | {
      forgeSays: Visibility;
      cloneUrl: string;
      refs: number;
      advertisement: string;
      objectFormat: string;
      /** Whether a visitor from elsewhere is shown the same branch, where that was asked. */
      secondView?: { agrees: boolean } | FaultFacts;
    }
  | (FaultFacts & { forgeSays: Visibility; cloneUrl: string });

/** Check 2. Public means: anybody, without an account, is shown the branches by git itself. */
export const publicNow = {
  name: "public-now" as const,
  judge(facts: PublicNowFacts) {
    if (isFault(facts)) {
      const closed = facts.fault === "not_found" || facts.fault === "unauthorized";
      if (!closed) return unclear(facts, `Git could not ask ${facts.cloneUrl}`);
      if (facts.forgeSays === "public") {
        return human(
          "visibility_conflict",
          `The forge calls the repository public, but git is refused without a password.`,
        );
      }
      return fail("not_public", `The repository cannot be read without an account.`);
    }
    if (facts.objectFormat !== "sha1") {
      return human("unsupported_object_format", `The repository uses the object format ${facts.objectFormat}.`);
    }
    if (facts.refs === 0) return fail("not_public", "The repository is public but has no branch.");
    if (facts.forgeSays === "private") {
      return human(
        "visibility_conflict",
        "The forge calls the repository private, but git is served without a password.",
      );
    }
    if (facts.secondView && isFault(facts.secondView)) {
      const closed = facts.secondView.fault === "not_found" || facts.secondView.fault === "unauthorized";
      if (!closed) return unclear(facts.secondView, "From another place the repository could not be looked at");
      return human("equivocation", "The server shows the repository to some visitors and not to others.");
    }
    if (facts.secondView && !facts.secondView.agrees) {
      return human("equivocation", "The server shows different visitors different branches.");
    }
    return ok(
      `Anybody can read the repository without an account: ${count(facts.refs, "branch or tag", "branches and tags")}.`,
    );
  },
};
