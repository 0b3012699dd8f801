import type { Fault } from "../evidence.ts";

/**
 * Something could not be looked at or kept for a reason that is not in the repository: time, size or our own disk. What it
 * kept from us becomes a fault in the facts, and the verdict inconclusive or a person's.
 */
export class MirrorFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}
