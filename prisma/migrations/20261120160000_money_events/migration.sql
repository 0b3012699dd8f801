-- Every way in which money moves, also those that nobody planned: the bank's reversals, refunds in parts, transfers that
-- come back, own funds that leave. What is in the hold is a number of its own on each payment, which the books prove.

ALTER TABLE payment
  ADD COLUMN held_minor BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN last_move TEXT NOT NULL DEFAULT 'open',
  ADD COLUMN moved_by UUID,
  ADD COLUMN passed_on_id TEXT,
  ADD COLUMN fraud_warned_at TIMESTAMPTZ(6);
UPDATE payment SET held_minor = amount_minor WHERE state = 'held';
ALTER TABLE payment DROP CONSTRAINT payment_state;
ALTER TABLE payment ADD CONSTRAINT payment_state CHECK (state IN
  ('opened', 'held', 'given', 'failed', 'expired', 'refunding', 'refunded', 'settling', 'paid', 'charged_back'));
ALTER TABLE payment ADD CONSTRAINT payment_held CHECK (held_minor BETWEEN 0 AND amount_minor AND (held_minor > 0) = (state = 'held'));
CREATE UNIQUE INDEX "payment_passed_on_id_key" ON "payment"("passed_on_id");

ALTER TABLE refund
  ADD COLUMN note TEXT,
  ADD COLUMN purpose TEXT NOT NULL DEFAULT 'return',
  ADD COLUMN from_hold_minor BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN service_fee_minor BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN other_minor BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN absorbed_minor BIGINT NOT NULL DEFAULT 0;
UPDATE refund r SET service_fee_minor = CASE WHEN r.kind = 'whole' THEN p.service_fee_minor ELSE 0 END FROM payment p WHERE p.id = r.payment_id;
UPDATE refund SET from_hold_minor = amount_minor - service_fee_minor;
DROP INDEX refund_payment_id_key;
CREATE UNIQUE INDEX refund_payment_id_purpose_key ON refund (payment_id, purpose);
ALTER TABLE refund DROP CONSTRAINT refund_kind;
ALTER TABLE refund ADD CONSTRAINT refund_kind CHECK (kind IN ('pledge', 'whole', 'part', 'remainder', 'outside'));
ALTER TABLE refund DROP CONSTRAINT refund_state;
ALTER TABLE refund ADD CONSTRAINT refund_state CHECK (state IN ('planned', 'confirmed', 'owed', 'parked', 'absorbed', 'repaid'));
ALTER TABLE refund ADD CONSTRAINT refund_parts CHECK (
  amount_minor = from_hold_minor + service_fee_minor + other_minor AND from_hold_minor >= 0 AND service_fee_minor >= 0
  AND other_minor >= 0 AND absorbed_minor BETWEEN 0 AND amount_minor);

ALTER TABLE payout
  ADD COLUMN platform_fee_minor BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN netted_minor BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN reversed_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payout DROP CONSTRAINT payout_state;
ALTER TABLE payout ADD CONSTRAINT payout_state CHECK (state IN ('planned', 'confirmed', 'stopped'));
ALTER TABLE payout ADD CONSTRAINT payout_parts CHECK (
  platform_fee_minor >= 0 AND netted_minor BETWEEN 0 AND amount_minor AND reversed_minor BETWEEN 0 AND amount_minor);
-- One live payout per pledge, payee and purpose; what was stopped before it went out makes room for another.
DROP INDEX payout_payment_id_payee_id_purpose_key;
CREATE UNIQUE INDEX payout_live ON payout (payment_id, payee_id, purpose) WHERE state <> 'stopped';

-- What a development's held money is to become, decided once; the items follow from it in portions.
CREATE TABLE "batch" (
    "development_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "lines" JSONB NOT NULL DEFAULT '[]',
    "refund_kind" TEXT NOT NULL DEFAULT 'whole',
    "reason" TEXT NOT NULL,
    "returned" UUID[] NOT NULL DEFAULT '{}',
    "decided_at" TIMESTAMPTZ(6) NOT NULL,
    CONSTRAINT "batch_pkey" PRIMARY KEY ("development_id"),
    CONSTRAINT "batch_kind" CHECK (kind IN ('settle', 'refund')),
    CONSTRAINT "batch_refund_kind" CHECK (refund_kind IN ('pledge', 'whole'))
);

CREATE TABLE "payment_stop" (
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "cause" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "lifted_at" TIMESTAMPTZ(6),
    CONSTRAINT "payment_stop_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "payment_stop_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX payment_stop_open ON payment_stop (payment_id, cause, subject) WHERE lifted_at IS NULL;

CREATE TABLE "chargeback" (
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "object_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "processor_status" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "from_hold_minor" BIGINT NOT NULL DEFAULT 0,
    "from_refund_minor" BIGINT NOT NULL DEFAULT 0,
    "loss_minor" BIGINT NOT NULL DEFAULT 0,
    "fee_minor" BIGINT NOT NULL DEFAULT 0,
    "opened_at" TIMESTAMPTZ(6) NOT NULL,
    "closed_at" TIMESTAMPTZ(6),
    CONSTRAINT "chargeback_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "chargeback_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "chargeback_state" CHECK (state IN ('inquiry', 'open', 'won', 'lost', 'dropped')),
    CONSTRAINT "chargeback_parts" CHECK (from_hold_minor >= 0 AND from_refund_minor >= 0 AND loss_minor >= 0)
);
CREATE UNIQUE INDEX "chargeback_object_id_key" ON "chargeback"("object_id");
CREATE INDEX "chargeback_payment_id_idx" ON "chargeback"("payment_id");

CREATE TABLE "transfer_reversal" (
    "id" UUID NOT NULL,
    "payout_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "origin" TEXT NOT NULL,
    "object_id" TEXT,
    "reason" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(6),
    CONSTRAINT "transfer_reversal_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "transfer_reversal_payout_id_fkey" FOREIGN KEY ("payout_id") REFERENCES "payout"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "transfer_reversal_state" CHECK (state IN ('planned', 'confirmed', 'refused')),
    CONSTRAINT "transfer_reversal_origin" CHECK (origin IN ('ours', 'outside')),
    CONSTRAINT "transfer_reversal_positive" CHECK (amount_minor > 0)
);
CREATE UNIQUE INDEX "transfer_reversal_object_id_key" ON "transfer_reversal"("object_id");
CREATE INDEX "transfer_reversal_payout_id_idx" ON "transfer_reversal"("payout_id");

CREATE TABLE "withdrawal" (
    "id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "object_id" TEXT,
    "requested_by" UUID NOT NULL,
    "approved_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(6),
    CONSTRAINT "withdrawal_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "withdrawal_state" CHECK (state IN ('planned', 'confirmed', 'failed')),
    CONSTRAINT "withdrawal_positive" CHECK (amount_minor > 0),
    CONSTRAINT "withdrawal_two_people" CHECK (requested_by <> approved_by)
);
CREATE UNIQUE INDEX "withdrawal_object_id_key" ON "withdrawal"("object_id");

-- The payouts page reads a payee's rows newest first.
CREATE INDEX payment_given ON payment (payee_id, charged_at DESC, id DESC) WHERE kind = 'donation';
CREATE INDEX "payout_payee_id_created_at_id_idx" ON "payout"("payee_id", "created_at" DESC, "id" DESC);
DROP INDEX "payout_payee_id_created_at_idx";

-- Why no transfer goes out at present; none of it ever stops a refund.
CREATE TABLE "transfer_stop" (
    "id" UUID NOT NULL,
    "cause" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "sentence" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "lifted_at" TIMESTAMPTZ(6),
    CONSTRAINT "transfer_stop_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX transfer_stop_open ON transfer_stop (cause, subject) WHERE lifted_at IS NULL;

-- What the processor says moved on our balance there, and whether the ledger knows it.
CREATE TABLE "movement" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "fee_minor" BIGINT NOT NULL,
    "net_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "source_id" TEXT,
    "description" TEXT,
    "occurred_at" TIMESTAMPTZ(6) NOT NULL,
    "available_at" TIMESTAMPTZ(6) NOT NULL,
    "seen_at" TIMESTAMPTZ(6) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    CONSTRAINT "movement_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "movement_state" CHECK (state IN ('waiting', 'matched', 'break', 'classified'))
);
CREATE INDEX "movement_occurred_at_idx" ON "movement"("occurred_at");
CREATE INDEX "movement_source_id_idx" ON "movement"("source_id");
CREATE INDEX movement_open ON movement (occurred_at) WHERE state IN ('waiting', 'break');

-- The next moment (machine time) at which work that can wait may call the processor; all workers share it.
CREATE TABLE "call_pace" (
    "id" INTEGER NOT NULL,
    "next_at" TIMESTAMPTZ(6) NOT NULL,
    CONSTRAINT "call_pace_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "call_pace_one" CHECK (id = 1)
);
INSERT INTO call_pace VALUES (1, now());

ALTER TABLE operator_task ADD COLUMN done_by UUID, ADD COLUMN note TEXT;

-- Which of the processor's objects a posting is about: what the daily comparison joins on.
ALTER TABLE ledger_transaction ADD COLUMN object_id TEXT;
CREATE INDEX "ledger_transaction_object_id_idx" ON "ledger_transaction"("object_id");
CREATE INDEX ledger_account_standing ON ledger_account (purpose) WHERE materialised AND balance <> 0;
-- A claim of ours on somebody never turns into a debt.
ALTER TABLE ledger_account ADD COLUMN floor BIGINT;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_floor CHECK (floor IS NULL OR balance >= floor);

DROP TRIGGER ledger_entry_balances ON ledger_entry;
DROP TRIGGER ledger_transaction_balances ON ledger_transaction;
DROP TRIGGER ledger_entry_in_own_currency ON ledger_entry;
DROP FUNCTION ledger_transaction_balances();
DROP FUNCTION ledger_entry_in_own_currency();
-- Each statement that enters entries leaves every transaction it touches balanced: a stronger rule than one at the commit, checked
-- once for all of them and without reading a table. What a statement may not do in two steps, nobody can do at all.
CREATE FUNCTION ledger_entries_agree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong record;
BEGIN
  IF EXISTS (SELECT 1 FROM entered e LEFT JOIN ledger_account a ON a.id = e.account_id WHERE a.currency IS DISTINCT FROM e.currency) THEN
    RAISE EXCEPTION 'an entry has the currency of its account' USING ERRCODE = '23514';
  END IF;
  SELECT transaction_id, count(*) AS entries INTO wrong FROM entered
    GROUP BY transaction_id, currency HAVING count(*) < 2 OR sum(amount_minor) <> 0 LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF wrong.entries < 2 THEN
    RAISE EXCEPTION 'ledger transaction % has % entries', wrong.transaction_id, wrong.entries USING ERRCODE = '23514';
  END IF;
  RAISE EXCEPTION 'ledger transaction % does not balance', wrong.transaction_id USING ERRCODE = '23514';
END $$;
CREATE TRIGGER ledger_entries_agree AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS entered
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_agree();

CREATE FUNCTION ledger_transaction_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger_entry WHERE transaction_id = NEW.id) THEN
    RAISE EXCEPTION 'ledger transaction % has 0 entries', NEW.id USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transaction_has_entries AFTER INSERT ON ledger_transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_has_entries();

-- The one way into the ledger. legs: [{"purpose":"holding","ownerType":"development","ownerId":"…","amount":"-1000","currency":"USD"}, …],
-- debits positive. The same key with the same legs answers with the transaction of the first time; with others it is an error.
-- Accounts are locked in the order of their codes. Platform-wide accounts have entries but no balance: theirs would be the hot rows.
CREATE OR REPLACE FUNCTION ledger_post(
  p_id uuid, p_key text, p_event text, p_occurred_at timestamptz, p_payment uuid, p_development uuid, p_legs jsonb, p_causation jsonb
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  posted uuid;
  leg record;
  account record;
  accounts bigint[] := '{}';
  amounts bigint[] := '{}';
  currencies char(3)[] := '{}';
  kept boolean[] := '{}';
  legs_digest text := encode(sha256(convert_to(p_event || p_legs::text, 'UTF8')), 'hex');
BEGIN
  INSERT INTO ledger_transaction (id, idempotency_key, event, occurred_at, recorded_at, payment_id, development_id, causation, object_id)
    VALUES (p_id, p_key, p_event, p_occurred_at, clock_now(), p_payment, p_development,
            COALESCE(p_causation, '{}'::jsonb) || jsonb_build_object('legs', legs_digest), p_causation ->> 'objectId')
    ON CONFLICT (idempotency_key) DO NOTHING RETURNING id INTO posted;
  IF posted IS NULL THEN
    SELECT id INTO posted FROM ledger_transaction
      WHERE idempotency_key = p_key AND causation ->> 'legs' = legs_digest;
    IF posted IS NULL THEN
      RAISE EXCEPTION 'ledger key % was used for another posting', p_key USING ERRCODE = '23505';
    END IF;
    RETURN posted;
  END IF;
  FOR leg IN
    SELECT x.purpose, x."ownerType" AS owner_type, x."ownerId" AS owner_id, x.currency, x.amount,
           x.purpose || COALESCE(':' || x."ownerId"::text, '') AS code,
           x.purpose NOT IN ('psp_clearing', 'platform_fee', 'service_fee', 'stripe_fee', 'dispute_loss', 'dispute_fee', 'refund_loss', 'own_funds') AS materialised
      FROM jsonb_to_recordset(p_legs) AS x(purpose text, "ownerType" text, "ownerId" uuid, currency char(3), amount bigint)
     ORDER BY code, amount
  LOOP
    SELECT a.id, a.materialised INTO account FROM ledger_account a WHERE a.code = leg.code AND a.currency = leg.currency;
    IF NOT FOUND THEN
      INSERT INTO ledger_account (code, purpose, owner_type, owner_id, currency, materialised, ceiling, floor)
        VALUES (leg.code, leg.purpose, leg.owner_type, leg.owner_id, leg.currency, leg.materialised,
                CASE WHEN leg.purpose IN ('holding', 'refund_payable', 'refund_owed', 'payee', 'donation_payable', 'withdrawal_payable') THEN 0 END,
                CASE WHEN leg.purpose = 'receivable' THEN 0 END)
        ON CONFLICT (code, currency) DO NOTHING;
      SELECT a.id, a.materialised INTO account FROM ledger_account a WHERE a.code = leg.code AND a.currency = leg.currency;
    END IF;
    accounts := accounts || account.id;
    amounts := amounts || leg.amount;
    currencies := currencies || leg.currency;
    kept := kept || account.materialised;
  END LOOP;
  INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, currency)
    SELECT posted, e.account, e.amount, e.currency FROM unnest(accounts, amounts, currencies) AS e(account, amount, currency);
  -- Locks last, in the order of the codes: what others wait for is held as briefly as can be.
  FOR i IN 1 .. cardinality(accounts) LOOP
    IF kept[i] THEN
      UPDATE ledger_account SET balance = balance + amounts[i] WHERE id = accounts[i];
    END IF;
  END LOOP;
  RETURN posted;
END $$;

-- The machines of the vault: which state may follow which. libs/escrow/src/states.ts is the same table; a test compares them.
CREATE TABLE "state_move" (
    "machine" TEXT NOT NULL,
    "from_state" TEXT NOT NULL,
    "to_state" TEXT NOT NULL,
    CONSTRAINT "state_move_pkey" PRIMARY KEY ("machine", "from_state", "to_state")
);
INSERT INTO state_move (machine, from_state, to_state) VALUES
  ('payment', 'opened', 'held'), ('payment', 'opened', 'given'), ('payment', 'opened', 'failed'), ('payment', 'opened', 'expired'),
  ('payment', 'held', 'refunding'), ('payment', 'held', 'settling'), ('payment', 'held', 'charged_back'),
  ('payment', 'settling', 'paid'), ('payment', 'settling', 'held'),
  ('payment', 'refunding', 'refunded'), ('payment', 'refunding', 'charged_back'),
  ('payment', 'charged_back', 'held'), ('payment', 'charged_back', 'refunding'),
  ('refund', 'planned', 'confirmed'), ('refund', 'planned', 'parked'), ('refund', 'planned', 'absorbed'),
  ('refund', 'parked', 'confirmed'), ('refund', 'parked', 'planned'), ('refund', 'parked', 'absorbed'),
  ('refund', 'absorbed', 'planned'), ('refund', 'confirmed', 'owed'), ('refund', 'owed', 'repaid'),
  ('payout', 'planned', 'confirmed'), ('payout', 'planned', 'stopped'),
  ('intent', 'PLANNED', 'SENT'), ('intent', 'PLANNED', 'REJECTED'), ('intent', 'SENT', 'CONFIRMED'), ('intent', 'SENT', 'REJECTED'),
  ('intent', 'SENT', 'UNKNOWN'), ('intent', 'UNKNOWN', 'SENT'), ('intent', 'UNKNOWN', 'CONFIRMED'), ('intent', 'UNKNOWN', 'REJECTED'),
  ('chargeback', 'inquiry', 'open'), ('chargeback', 'inquiry', 'dropped'), ('chargeback', 'open', 'won'), ('chargeback', 'open', 'lost'),
  ('chargeback', 'open', 'dropped'), ('chargeback', 'lost', 'won'), ('chargeback', 'lost', 'open'), ('chargeback', 'dropped', 'open'), ('chargeback', 'won', 'open'), ('chargeback', 'won', 'lost'),
  ('transfer_reversal', 'planned', 'confirmed'), ('transfer_reversal', 'planned', 'refused'),
  ('withdrawal', 'planned', 'confirmed'), ('withdrawal', 'planned', 'failed'), ('withdrawal', 'confirmed', 'failed');

-- Every change of a machine's state is checked against the table and becomes a row of history, whoever makes it.
CREATE FUNCTION vault_state_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n jsonb := to_jsonb(NEW);
  came_from text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END;
BEGIN
  IF came_from IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM state_move WHERE machine = TG_TABLE_NAME AND from_state = came_from AND to_state = NEW.state) THEN
    RAISE EXCEPTION '% % may not go from % to %', TG_TABLE_NAME, NEW.id, came_from, NEW.state USING ERRCODE = '23514';
  END IF;
  INSERT INTO history (subject_type, subject_id, actor_party_id, actor_kind, move, from_state, to_state, reason, policy_version_id)
  VALUES (TG_TABLE_NAME, NEW.id, (n ->> 'moved_by')::uuid, CASE WHEN n ->> 'moved_by' IS NULL THEN 'vault' ELSE 'party' END,
    COALESCE(n ->> 'last_move', NEW.state), came_from, NEW.state, COALESCE(n ->> 'reason', n ->> 'error'),
    CASE WHEN TG_TABLE_NAME = 'payment' THEN
      COALESCE((SELECT policy_version_id FROM pledge WHERE id = NEW.id), (SELECT policy_version_id FROM donation WHERE id = NEW.id)) END);
  RETURN NULL;
END $$;
DO $$
DECLARE
  machine text;
BEGIN
  FOREACH machine IN ARRAY ARRAY['payment', 'refund', 'payout', 'intent', 'chargeback', 'transfer_reversal', 'withdrawal'] LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I FOR EACH ROW EXECUTE FUNCTION vault_state_moved()', machine || '_begun', machine);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE OF state ON %I FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
      EXECUTE FUNCTION vault_state_moved()', machine || '_moved', machine);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON batch, payment_stop, chargeback, transfer_reversal, withdrawal, transfer_stop, movement TO freehold_app;
-- What has been worked on is kept for as long as the processor could be asked about it, and no longer.
GRANT DELETE ON inbox_event TO freehold_app;
GRANT SELECT, UPDATE ON call_pace TO freehold_app;
GRANT SELECT ON state_move TO freehold_app;
