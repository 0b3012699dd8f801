/**
 * The machines of the vault: which state may follow which. The database holds the same table (`state_move`), refuses every
 * other step, and writes each step into history; a test compares the two.
 */
export const machines = {
  /**
   * A payment into the hold (pledge):   opened → held → settling → paid
   *   taken back, declined, failed:     held → refunding → refunded
   *   nothing was ever charged:         opened → failed | expired
   *   a payout stopped before it went:  settling → held
   *   the bank took it:                 held | refunding → charged_back, and back again when the bank returns it
   * A donation:                         opened → given
   *
   * `paid`, `refunded`, `given`, `failed` and `expired` are terminal.
   */
  payment: {
    opened: ["held", "given", "failed", "expired"],
    held: ["refunding", "settling", "charged_back"],
    settling: ["paid", "held"],
    refunding: ["refunded", "charged_back"],
    charged_back: ["held", "refunding"],
    given: [],
    failed: [],
    expired: [],
    refunded: [],
    paid: [],
  },
  /**
   * planned → confirmed. Refused again and again: planned → parked (a person has a task; it still goes out when it can).
   * The bank sends it back: confirmed → owed → repaid, by a person. The bank has returned the money itself: → absorbed.
   * `repaid` is terminal.
   */
  refund: {
    planned: ["confirmed", "parked", "absorbed"],
    parked: ["confirmed", "planned", "absorbed"],
    absorbed: ["planned"],
    confirmed: ["owed"],
    owed: ["repaid"],
    repaid: [],
  },
  /** One payee's share of one pledge: planned → confirmed, or → stopped before it went out. Both are terminal. */
  payout: { planned: ["confirmed", "stopped"], confirmed: [], stopped: [] },
  /** PLANNED → SENT → CONFIRMED | REJECTED | UNKNOWN; UNKNOWN is asked again under the same key, or looked up. */
  intent: {
    PLANNED: ["SENT", "REJECTED"],
    SENT: ["CONFIRMED", "REJECTED", "UNKNOWN"],
    UNKNOWN: ["SENT", "CONFIRMED", "REJECTED"],
    CONFIRMED: [],
    REJECTED: [],
  },
  /** open → lost, or → won; an inquiry takes no money. The bank may think again in every direction. */
  chargeback: {
    inquiry: ["open", "dropped"],
    open: ["won", "lost", "dropped"],
    lost: ["won", "open"],
    won: ["open", "lost"],
    dropped: ["open"],
  },
  /** Money taken back from a payee's account: planned → confirmed, or refused when it is not there any more. */
  transfer_reversal: { planned: ["confirmed", "refused"], confirmed: [], refused: [] },
  /** Own funds on their way to the platform's bank: planned → confirmed; the bank may still send them back. */
  withdrawal: { planned: ["confirmed", "failed"], confirmed: ["failed"], failed: [] },
} as const satisfies Record<string, Record<string, readonly string[]>>;

export type PaymentState = keyof typeof machines.payment;

/** Whether a payment may go from one state to another. */
export const paymentMayMove = (from: PaymentState, to: PaymentState): boolean =>
  (machines.payment[from] as readonly string[]).includes(to);

/** States in which an intent still has to be carried out, or found out about. */
export const openIntentStates = Object.entries(machines.intent)
  .filter(([, next]) => next.length > 0)
  .map(([state]) => state);
