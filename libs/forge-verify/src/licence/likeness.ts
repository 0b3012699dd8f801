/** Every run of three words, with how often it occurs. */
export interface Shingles {
  counts: Map<string, number>;
  total: number;
}

export function shingles(words: string): Shingles {
  const list = words.split(" ");
  const counts = new Map<string, number>();
  for (let at = 0; at + 2 < list.length; at += 1) {
    const run = `${list[at]} ${list[at + 1]} ${list[at + 2]}`;
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return { counts, total: Math.max(0, list.length - 2) };
}

/** How alike two texts are (Dice), from 0 to 1. */
export function likeness(a: Shingles, b: Shingles): number {
  if (a.total + b.total === 0) return 0;
  let common = 0;
  for (const [run, count] of a.counts) common += Math.min(count, b.counts.get(run) ?? 0);
  return (2 * common) / (a.total + b.total);
}
