-- Payments, refunds, payouts, the intents behind them, the inbox, and the ledger.

CREATE TABLE "payout_account" (
    "party_id" UUID NOT NULL,
    "account_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'none',
    "checked_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "payout_account_pkey" PRIMARY KEY ("party_id")
);

CREATE TABLE "payment" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "source" TEXT NOT NULL DEFAULT 'card',
    "development_id" UUID NOT NULL,
    "payer_id" UUID NOT NULL,
    "payee_id" UUID,
    "amount_minor" BIGINT NOT NULL,
    "service_fee_minor" BIGINT NOT NULL,
    "platform_fee_basis_points" INTEGER NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'opened',
    "closes_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "checkout_request" JSONB NOT NULL,
    "checkout_id" TEXT,
    "checkout_url" TEXT,
    "checkout_expires_at" TIMESTAMPTZ(6),
    "payment_intent_id" TEXT,
    "charge_id" TEXT,
    "charged_at" TIMESTAMPTZ(6),
    "card_fingerprint" TEXT,
    "processor_fee_minor" BIGINT,
    "late" BOOLEAN NOT NULL DEFAULT false,
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "state_since" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "payment_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "refund" (
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "object_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(6),

    CONSTRAINT "refund_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "payout" (
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "payee_id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "object_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(6),

    CONSTRAINT "payout_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "intent" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "development_id" UUID,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "key" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'PLANNED',
    "object_id" TEXT,
    "error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "sent_at" TIMESTAMPTZ(6),
    "due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "settled_at" TIMESTAMPTZ(6),
    "absent_at" TIMESTAMPTZ(6),

    CONSTRAINT "intent_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "inbox_event" (
    "id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "object_id" TEXT,
    "payload" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'stored',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "applied_at" TIMESTAMPTZ(6),

    CONSTRAINT "inbox_event_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ledger_account" (
    "id" BIGSERIAL NOT NULL,
    "code" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "owner_type" TEXT NOT NULL,
    "owner_id" UUID,
    "currency" CHAR(3) NOT NULL,
    "materialised" BOOLEAN NOT NULL,
    "balance" BIGINT NOT NULL DEFAULT 0,
    "ceiling" BIGINT,

    CONSTRAINT "ledger_account_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ledger_transaction" (
    "id" UUID NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "event" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,
    "payment_id" UUID,
    "development_id" UUID,
    "causation" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "ledger_transaction_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ledger_entry" (
    "id" BIGSERIAL NOT NULL,
    "transaction_id" UUID NOT NULL,
    "account_id" BIGINT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "balance_checkpoint" (
    "account_id" BIGINT NOT NULL,
    "entry_id" BIGINT NOT NULL,
    "balance" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "balance_checkpoint_pkey" PRIMARY KEY ("account_id","entry_id")
);

CREATE TABLE "operator_task" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "next_step" TEXT NOT NULL,
    "amount_minor" BIGINT,
    "currency" CHAR(3),
    "subject_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "done_at" TIMESTAMPTZ(6),

    CONSTRAINT "operator_task_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "books_proof" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "balanced" BOOLEAN NOT NULL,
    "findings" JSONB NOT NULL,

    CONSTRAINT "books_proof_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "payout_account_account_id_key" ON "payout_account"("account_id");

CREATE UNIQUE INDEX "payment_checkout_id_key" ON "payment"("checkout_id");

CREATE UNIQUE INDEX "payment_payment_intent_id_key" ON "payment"("payment_intent_id");

CREATE UNIQUE INDEX "payment_charge_id_key" ON "payment"("charge_id");

CREATE INDEX "payment_development_id_state_idx" ON "payment"("development_id", "state");

CREATE INDEX "payment_payer_id_created_at_id_idx" ON "payment"("payer_id", "created_at" DESC, "id" DESC);

CREATE INDEX "payment_state_checkout_expires_at_idx" ON "payment"("state", "checkout_expires_at");

CREATE UNIQUE INDEX "refund_object_id_key" ON "refund"("object_id");

CREATE UNIQUE INDEX "refund_payment_id_key" ON "refund"("payment_id");

CREATE UNIQUE INDEX "payout_object_id_key" ON "payout"("object_id");

CREATE INDEX "payout_payee_id_created_at_idx" ON "payout"("payee_id", "created_at" DESC);

CREATE UNIQUE INDEX "payout_payment_id_payee_id_purpose_key" ON "payout"("payment_id", "payee_id", "purpose");

CREATE UNIQUE INDEX "intent_key_key" ON "intent"("key");

CREATE INDEX "intent_development_id_idx" ON "intent"("development_id");

CREATE UNIQUE INDEX "intent_purpose_subject_id_attempt_key" ON "intent"("purpose", "subject_id", "attempt");

CREATE UNIQUE INDEX "ledger_account_code_currency_key" ON "ledger_account"("code", "currency");

CREATE UNIQUE INDEX "ledger_transaction_idempotency_key_key" ON "ledger_transaction"("idempotency_key");

CREATE INDEX "ledger_transaction_payment_id_idx" ON "ledger_transaction"("payment_id");

CREATE INDEX "ledger_transaction_development_id_idx" ON "ledger_transaction"("development_id");

CREATE INDEX "ledger_entry_transaction_id_idx" ON "ledger_entry"("transaction_id");

CREATE INDEX "ledger_entry_account_id_id_idx" ON "ledger_entry"("account_id", "id");

CREATE UNIQUE INDEX "operator_task_key_key" ON "operator_task"("key");

CREATE INDEX "operator_task_created_at_idx" ON "operator_task"("created_at");

CREATE INDEX "books_proof_at_idx" ON "books_proof"("at" DESC);

ALTER TABLE "payout_account" ADD CONSTRAINT "payout_account_party_id_fkey" FOREIGN KEY ("party_id") REFERENCES "party"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "refund" ADD CONSTRAINT "refund_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "payout" ADD CONSTRAINT "payout_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "ledger_transaction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "ledger_account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
