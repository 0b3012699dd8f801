/**
 * What the simulator remembers. Records are smaller than Stripe's objects; `render*` beside each resource writes the
 * object out. Amounts are whole numbers of the currency's minor unit, moments are seconds of the story clock.
 */
import type { ChargeRecord, Metadata, PaymentIntentRecord, SessionRecord } from "./payment-records.ts";

export type {
  Card,
  ChargeRecord,
  LineItemRecord,
  Metadata,
  PaymentData,
  PaymentIntentRecord,
  SessionRecord,
  TransferData,
} from "./payment-records.ts";

export interface TxnRecord {
  id: string;
  created: number;
  available_on: number;
  amount: number;
  fee: number;
  fee_description: string;
  currency: string;
  type: string;
  category: string;
  source: string | null;
  description: string | null;
  /** The connected account whose balance moves; null for the platform. */
  account: string | null;
}

export interface RefundRecord {
  id: string;
  created: number;
  amount: number;
  currency: string;
  charge: string;
  payment_intent: string;
  payment_method: string;
  reason: string | null;
  metadata: Metadata;
  status: "pending" | "succeeded" | "failed" | "canceled";
  pending_reason: string | null;
  balance_transaction: string | null;
  failure_reason: string | null;
  failure_balance_transaction: string | null;
  transfer_reversal: string | null;
  /** When the bank's answer arrives, and which. */
  answer: { at: number; outcome: "succeeded" | "failed" } | null;
}

export interface TransferRecord {
  id: string;
  created: number;
  amount: number;
  currency: string;
  destination: string;
  destination_payment: string;
  source_transaction: string | null;
  transfer_group: string | null;
  description: string | null;
  metadata: Metadata;
  reversed: number;
  balance_transaction: string;
}

export interface ReversalRecord {
  id: string;
  created: number;
  amount: number;
  currency: string;
  transfer: string;
  source_refund: string | null;
  destination_payment_refund: string;
  metadata: Metadata;
  balance_transaction: string;
}

export interface DisputeRecord {
  id: string;
  created: number;
  amount: number;
  currency: string;
  charge: string;
  payment_intent: string;
  reason: string;
  status: string;
  fee: number;
  metadata: Metadata;
  evidence: Record<string, string>;
  submissions: number;
  balance_transactions: string[];
}

export interface WarningRecord {
  id: string;
  created: number;
  charge: string;
  payment_intent: string;
  fraud_type: string;
  /** As it was last told. */
  actionable: boolean;
}

export interface PayoutRecord {
  id: string;
  created: number;
  amount: number;
  currency: string;
  account: string | null;
  arrival_date: number;
  automatic: boolean;
  description: string | null;
  statement_descriptor: string | null;
  metadata: Metadata;
  status: "pending" | "in_transit" | "paid" | "failed" | "canceled";
  balance_transaction: string;
  failure_balance_transaction: string | null;
  failure_code: string | null;
}

export interface TopupRecord {
  id: string;
  created: number;
  amount: number;
  currency: string;
  description: string | null;
  statement_descriptor: string | null;
  transfer_group: string | null;
  metadata: Metadata;
  balance_transaction: string;
}

export interface AccountRecord {
  id: string;
  created: number;
  contact_email: string | null;
  contact_phone: string | null;
  display_name: string | null;
  dashboard: string | null;
  country: string | null;
  entity_type: string | null;
  legal_name: string | null;
  currency: string | null;
  fees_collector: string;
  losses_collector: string;
  metadata: Metadata;
  /** Null while the recipient configuration does not request transfers. */
  transfers: { status: string; code: string | null } | null;
  submitted: boolean;
  closed: boolean;
}

export interface AccountLinkRecord {
  id: string;
  created: number;
  expires_at: number;
  account: string;
  use_case: string;
  refresh_url: string;
  return_url: string | null;
  used: boolean;
}

export interface EventRecord {
  id: string;
  created: number;
  type: string;
  /** "v1" events carry a snapshot; "v2" events are thin and name the object only. */
  generation: "v1" | "v2";
  /** JSON text of the object as it was. */
  snapshot: string;
  previous: Record<string, unknown> | null;
  object_id: string;
  account: string | null;
  request: { id: string; idempotency_key: string | null } | null;
}

/** How an event fared; its id is the event's. Apart from the event, so that posting it does not write it again. */
export interface DeliveryRecord {
  id: string;
  /** waiting: to be delivered; dropped: on purpose. An event without a record happened while nobody listened. */
  state: "waiting" | "delivered" | "dropped";
  attempts: number;
}

export interface KeyRecord {
  id: string;
  created: number;
  method: string;
  path: string;
  params_hash: string;
  status: number;
  body: string;
  request_id: string;
}

export interface SettingRecord {
  id: "settings";
  fee_basis_points: number;
  fee_fixed: number;
  dispute_fee: number;
  dispute_fee_returned: boolean;
  settle_seconds: number;
  refund_answer_seconds: number;
  /** Story seconds until the bank of a delayed payment says yes by itself. */
  bank_answer_seconds: number;
  hide_fees: boolean;
  listened: boolean;
  payout_interval: "manual" | "daily";
  /** The day (story days since 1970) up to which automatic payouts were made. */
  paid_out_day: number;
  /** Story seconds the simulator's clock was wound on by itself. */
  clock_ahead: number;
}

export interface Kinds {
  session: SessionRecord;
  payment_intent: PaymentIntentRecord;
  charge: ChargeRecord;
  txn: TxnRecord;
  refund: RefundRecord;
  transfer: TransferRecord;
  reversal: ReversalRecord;
  dispute: DisputeRecord;
  warning: WarningRecord;
  payout: PayoutRecord;
  topup: TopupRecord;
  account: AccountRecord;
  account_link: AccountLinkRecord;
  event: EventRecord;
  delivery: DeliveryRecord;
  key: KeyRecord;
  setting: SettingRecord;
}
export type Kind = keyof Kinds;

/** Which fields are looked up by value; the store keeps these lists as records are saved. */
export const INDEXES: { readonly [K in Kind]: readonly (keyof Kinds[K] & string)[] } = {
  session: ["payment_intent"],
  payment_intent: [],
  charge: ["payment_intent", "transfer_group"],
  txn: ["source", "type"],
  refund: ["charge", "payment_intent"],
  transfer: ["transfer_group", "destination"],
  reversal: ["transfer"],
  dispute: ["charge", "payment_intent"],
  warning: ["charge", "payment_intent"],
  payout: ["account"],
  topup: [],
  account: [],
  account_link: [],
  event: ["object_id", "generation", "type"],
  delivery: [],
  key: [],
  setting: [],
};
