import { refusal } from "@freehold/contract";
import type { Policy } from "../policy.ts";

/** Refuses preview_length_invalid: each length in its bounds, and both together in theirs. */
export function requireSpan(policy: Policy, days: number, windowDays: number): void {
  const fits =
    Number.isInteger(days) &&
    Number.isInteger(windowDays) &&
    days >= policy.preview_min &&
    days <= policy.preview_max &&
    windowDays >= policy.window_min &&
    windowDays <= policy.window_max &&
    days + windowDays <= policy.preview_and_window_max;
  if (fits) return;
  throw refusal(
    "preview_length_invalid",
    `A preview lasts ${policy.preview_min} to ${policy.preview_max} days, its window ${policy.window_min} to ` +
      `${policy.window_max}, both together at most ${policy.preview_and_window_max}.`,
  );
}

/** The rules of git for a branch's name, with nothing that another program could take for something else. */
export function requireBranch(name: string): void {
  const fits =
    /^[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}$/.test(name) &&
    !name.includes("..") &&
    !name.includes("//") &&
    !name.endsWith("/") &&
    !name.endsWith(".") &&
    !name.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock")) &&
    !name.startsWith("refs/");
  if (!fits) throw refusal("branch_invalid", `“${name.slice(0, 60)}” is not the name of a branch.`);
}
