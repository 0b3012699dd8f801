/**
 * A payment into the hold (pledge):   opened → held → settling → paid
 *   taken back, declined, failed:     held → refunding → refunded
 *   nothing was ever charged:         opened → failed | expired
 *   charged after the close:          opened → refunding (whole)
 * A donation:                         opened → given
 *
 * `paid`, `refunded`, `given`, `failed` and `expired` are terminal and never leave.
 * A refund:  planned → confirmed, or → owed when the bank sends it back (a person takes it from there).
 * A payout:  planned → confirmed.
 * An intent: PLANNED → SENT → CONFIRMED | REJECTED | UNKNOWN; UNKNOWN is asked again under the same key or looked up.
 */
export const paymentMoves = {
  opened: ["held", "given", "failed", "expired", "refunding"],
  held: ["refunding", "settling"],
  settling: ["paid"],
  refunding: ["refunded"],
  given: [],
  failed: [],
  expired: [],
  refunded: [],
  paid: [],
} as const satisfies Record<string, readonly string[]>;

export type PaymentState = keyof typeof paymentMoves;

const intentMoves = {
  PLANNED: ["SENT", "REJECTED"],
  SENT: ["CONFIRMED", "REJECTED", "UNKNOWN"],
  UNKNOWN: ["SENT", "CONFIRMED", "REJECTED"],
  CONFIRMED: [],
  REJECTED: [],
} as const satisfies Record<string, readonly string[]>;

/** Whether a payment may go from one state to another. */
export const paymentMayMove = (from: PaymentState, to: PaymentState): boolean =>
  (paymentMoves[from] as readonly string[]).includes(to);

/** States in which an intent still has to be carried out, or found out about. */
export const openIntentStates = Object.entries(intentMoves)
  .filter(([, next]) => next.length > 0)
  .map(([state]) => state);
