import type { Market } from "./market.ts";

/**
 * What every money test ends with: the books prove themselves from their rows, and the processor holds exactly what they
 * say (available and pending, less nothing).
 * @returns findings, one sentence each; empty is right
 */
export async function findingsOf(market: Market): Promise<string[]> {
  const { findings } = await market.vault.check();
  const faults = await market.stripe.control.faults();
  const atProcessor = await market.vault.ownFunds.atProcessor();
  const { clearing } = await market.vault.ownFunds.booked();
  const differs = atProcessor === clearing ? [] : [`the processor holds ${atProcessor}, the books say ${clearing}`];
  const twice = await market.asOwner<{ subject: string }>(`
    SELECT purpose || ' ' || subject_id AS subject FROM intent WHERE state = 'CONFIRMED' GROUP BY purpose, subject_id HAVING count(*) > 1`);
  return [...findings, ...faults, ...differs, ...twice.map(({ subject }) => `done twice: ${subject}`)];
}
