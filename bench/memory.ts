import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What lives on the heap, in bytes, once the garbage is gone. */
export function liveHeap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Looks at the live heap every so often while something runs. @returns the most that was seen, in bytes */
export async function watchHeap<Result>(act: () => Promise<Result>): Promise<{ result: Result; peak: number }> {
  let peak = liveHeap();
  const look = () => (peak = Math.max(peak, liveHeap()));
  const timer = setInterval(look, 2000);
  try {
    const result = await act();
    look();
    return { result, peak };
  } finally {
    clearInterval(timer);
  }
}
