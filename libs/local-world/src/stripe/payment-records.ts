/** What is remembered of paying: the page, the intent, the charge. Amounts are minor units, moments story seconds. */
export type Metadata = Record<string, string>;

export interface Card {
  brand: string;
  last4: string;
  exp_month: number;
  exp_year: number;
  fingerprint: string;
  funding: "credit" | "debit";
  country: string;
  /** What the test card is made to do once charged; see cards.ts. */
  fate: string;
}

export interface TransferData {
  destination: string;
  amount: number | null;
}

export interface LineItemRecord {
  id: string;
  price: string;
  product: string;
  name: string;
  description: string | null;
  unit_amount: number;
  quantity: number;
}

export interface PaymentData {
  metadata: Metadata;
  description: string | null;
  statement_descriptor_suffix: string | null;
  statement_descriptor: string | null;
  transfer_group: string | null;
  transfer_data: TransferData | null;
  receipt_email: string | null;
}

export interface SessionRecord {
  id: string;
  created: number;
  expires_at: number;
  status: "open" | "complete" | "expired";
  amount: number;
  currency: string;
  line_items: LineItemRecord[];
  success_url: string;
  cancel_url: string | null;
  client_reference_id: string | null;
  customer_email: string | null;
  email: string | null;
  name: string | null;
  metadata: Metadata;
  submit_type: string | null;
  locale: string | null;
  customer_creation: string;
  three_d_secure: string | null;
  excluded: string[];
  allowed: string[] | null;
  payment_data: PaymentData;
  payment_intent: string | null;
}

export interface PaymentIntentRecord extends PaymentData {
  id: string;
  created: number;
  amount: number;
  currency: string;
  status:
    | "requires_payment_method"
    | "requires_confirmation"
    | "requires_action"
    | "processing"
    | "succeeded"
    | "canceled";
  secret: string;
  session: string | null;
  latest_charge: string | null;
  payment_method: string | null;
  /** The card whose holder is being asked to authenticate. */
  challenged: Card | null;
  last_error: { code: string; decline_code: string | null; message: string; charge: string | null } | null;
  canceled_at: number | null;
  cancellation_reason: string | null;
  allowed: string[] | null;
  three_d_secure: string | null;
  return_url: string | null;
}

export interface ChargeRecord extends PaymentData {
  id: string;
  created: number;
  amount: number;
  currency: string;
  status: "pending" | "succeeded" | "failed";
  failure_code: string | null;
  failure_message: string | null;
  decline_code: string | null;
  payment_intent: string;
  payment_method: string;
  card: Card;
  /** Paid from a bank account, whose bank answers later; `card` then holds the account's last digits. */
  bank_debit: boolean;
  authenticated: boolean;
  email: string | null;
  name: string | null;
  balance_transaction: string | null;
  /** True while the fee is not yet known: the balance transaction exists and is not shown on the charge. */
  fee_hidden: boolean;
  transfer: string | null;
  refunded: number;
  /** Sum of transfers that name this charge as their source, less their reversals. */
  transferred: number;
  dispute: string | null;
  stripe_report: string | null;
}
