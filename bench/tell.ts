import { availableParallelism, cpus, totalmem } from "node:os";

/** One line of what the bench has to say. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The middle one; of an even number the lower of the two. */
export function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

export const machine = (): string =>
  `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
