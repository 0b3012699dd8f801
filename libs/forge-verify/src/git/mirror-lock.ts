import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";

/** A mirror held by this process. The open file is handed to every git that works on the mirror. */
export interface HeldLock {
  file: number;
  release(): void;
}

/**
 * Takes a mirror for this process alone, other processes and containers on the same disk included; null when others keep
 * it for longer than `waitMs`. The kernel keeps the lock with the open file: it ends with the last process that has the
 * file open, so a killed process blocks nobody, yet its git does as long as it still writes.
 */
export async function lockMirror(lockFile: string, waitMs: number): Promise<HeldLock | null> {
  mkdirSync(path.dirname(lockFile), { recursive: true });
  const file = openSync(lockFile, "a");
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const seconds = String(Math.max(0.01, waitMs / 1000));
      // The lock belongs to the open file, which we share with this child: it stays when the child has gone.
      const child = spawn("flock", ["-x", "-w", seconds, "3"], { stdio: ["ignore", "ignore", "ignore", file] });
      child.on("error", reject);
      child.on("close", resolve);
    });
    if (code === 0) return { file, release: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
  closeSync(file);
  return null;
}
