import { read } from "./api.ts";

/** The figures in force, each in words ("$25", "5 %", "14 days"); a name that is unknown says nothing. */
export type PolicyWords = Readonly<Record<string, string>>;

export async function readPolicy(request: Request): Promise<PolicyWords> {
  const { policy } = await read("howItWorks", { request });
  return Object.fromEntries(policy.map((entry) => [entry.name, entry.value]));
}
