import type { MoneyView } from "@freehold/contract";
import { basisPointsDown } from "@freehold/values";
import { read } from "./api.ts";

/** The figures in force, each in words ("$25", "5 %", "14 days"); a name that is unknown says nothing. */
export type PolicyWords = Readonly<Record<string, string>>;

export async function readPolicy(request: Request): Promise<PolicyWords> {
  const { policy } = await read("howItWorks", { request });
  return Object.fromEntries(policy.map((entry) => [entry.name, entry.value]));
}

/** A rate in words, "5 %" or "2.50 %", in basis points; null when it is none. */
export function basisPointsOf(words: string | undefined): bigint | null {
  const match = /^(\d{1,3})(?:\.(\d{2}))? %$/.exec(words ?? "");
  return match ? BigInt(match[1] ?? 0) * 100n + BigInt(match[2] ?? 0) : null;
}

/** How a held sum would be shared: to the cent it is counted pledge by pledge, so this is near, not exact. */
export function sharesOf(held: MoneyView, platformFee: string | undefined): { fee: MoneyView; net: MoneyView } | null {
  const rate = basisPointsOf(platformFee);
  if (rate === null) return null;
  const fee = basisPointsDown(BigInt(held.minor), rate);
  const view = (minor: bigint): MoneyView => ({ minor: String(minor), currency: held.currency });
  return { fee: view(fee), net: view(BigInt(held.minor) - fee) };
}
