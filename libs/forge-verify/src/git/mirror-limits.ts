import type { TimeBudget } from "./world.ts";

export interface MirrorLimits {
  /** Largest pack or other file, in bytes. */
  maxPackBytes: number;
  /** The mirror as a whole, in bytes on the disk. */
  maxMirrorBytes: number;
  /** So much of the disk stays free whatever is fetched, in bytes. */
  minFreeBytes: number;
  fetchTimeoutMs: number;
  /** For each question put to the mirror. */
  readTimeoutMs: number;
  /** Multiplies every time that git is given; 1 when not said. */
  patience?: number;
}

/** What a mirror is part of. */
export interface MirrorWithin {
  /** The open lock file of who may change this mirror. */
  holding?: number | undefined;
  /** How much more it may take on the disk than its own quota says, in bytes. */
  room?: () => Promise<number>;
  /** Time for everything that is done with it. */
  budget?: TimeBudget;
}
