import type { Problem } from "@freehold/contract";

/** The field a refusal belongs to, by our forms' names, where the api does not say it itself. */
const fields: Readonly<Record<string, string>> = {
  amount_too_small: "amount",
  amount_too_large: "amount",
  estimate_above_cap: "amount",
  open_estimates_above_limit: "amount",
  newcomer_donations_limit: "amount",
  newcomer_hold_limit: "amount",
  donation_above_full_amount: "amount",
  preview_date_invalid: "expectedPreviewAt",
  repository_not_found: "repository",
  repository_not_public: "repository",
  repository_unreachable: "repository",
  destination_not_accepted: "destination",
  preview_length_invalid: "days",
  preview_address_unsafe: "url",
  preview_not_reachable: "url",
  branch_invalid: "branch",
  commit_invalid: "commit",
};

export function fieldOf(problem: Problem): string | null {
  const named = problem.facts?.field;
  return typeof named === "string" ? named : (fields[problem.code] ?? null);
}

/** One sentence for the visitor: the particular one if the api has it, else the title. */
export const sentenceFor = (problem: Problem): string => problem.detail || problem.title;
