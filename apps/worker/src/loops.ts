import type { Logger } from "pino";
import type { Recurring } from "./schedule.ts";

/** Runs each recurring job in its own loop until stopped; a run that fails is logged and comes again. */
export function startLoops(schedule: readonly Recurring[], log: Logger): { stop(): Promise<void> } {
  let stopping = false;
  const timers = new Map<string, { timer: NodeJS.Timeout; wake: () => void }>();
  const pause = (name: string, ms: number) =>
    new Promise<void>((resolve) => {
      timers.set(name, { timer: setTimeout(resolve, ms), wake: resolve });
    });
  const loop = async ({ name, everyMs, run }: Recurring) => {
    while (!stopping) {
      try {
        await run();
      } catch (error) {
        log.warn({ job: name, error: error instanceof Error ? error.message : String(error) }, "will be tried again");
      }
      if (!stopping) await pause(name, everyMs);
    }
  };
  const running = schedule.map(loop);
  return {
    async stop() {
      stopping = true;
      for (const { timer, wake } of timers.values()) {
        clearTimeout(timer);
        wake();
      }
      await Promise.all(running);
      await Promise.all(schedule.map((job) => job.finished?.()));
    },
  };
}
