-- Double entry, enforced here and not only in code: every transaction sums to zero per currency with two entries or more,
-- balances equal their entries, and a debt of ours never turns into a claim.

ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_not_zero CHECK (amount_minor <> 0);
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_ceiling
  CHECK (ceiling IS NULL OR balance <= ceiling);
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_currency CHECK (currency IN ('USD'));
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_currency CHECK (currency IN ('USD'));

CREATE FUNCTION ledger_transaction_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  checked uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
  entries int;
BEGIN
  SELECT count(*) INTO entries FROM ledger_entry WHERE transaction_id = checked;
  IF entries < 2 THEN
    RAISE EXCEPTION 'ledger transaction % has % entries', checked, entries USING ERRCODE = '23514';
  END IF;
  IF EXISTS (SELECT 1 FROM ledger_entry WHERE transaction_id = checked GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', checked USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_balances('transaction_id');
CREATE CONSTRAINT TRIGGER ledger_transaction_balances AFTER INSERT ON ledger_transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_balances('id');

CREATE FUNCTION ledger_entry_in_own_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT currency FROM ledger_account WHERE id = NEW.account_id) <> NEW.currency THEN
    RAISE EXCEPTION 'an entry has the currency of its account' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_in_own_currency BEFORE INSERT ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_in_own_currency();

-- The one way into the ledger. legs: [{"purpose":"holding","ownerType":"development","ownerId":"…","amount":"-1000","currency":"USD"}, …],
-- debits positive. The same key with the same legs answers with the transaction of the first time; with others it is an error.
-- Accounts are locked in the order of their codes. Platform-wide accounts have entries but no balance: theirs would be the hot rows.
CREATE FUNCTION ledger_post(
  p_id uuid, p_key text, p_event text, p_occurred_at timestamptz, p_payment uuid, p_development uuid, p_legs jsonb, p_causation jsonb
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  posted uuid;
  leg record;
  account bigint;
  legs_digest text := encode(sha256(convert_to(p_event || p_legs::text, 'UTF8')), 'hex');
BEGIN
  INSERT INTO ledger_transaction (id, idempotency_key, event, occurred_at, recorded_at, payment_id, development_id, causation)
    VALUES (p_id, p_key, p_event, p_occurred_at, clock_now(), p_payment, p_development,
            COALESCE(p_causation, '{}'::jsonb) || jsonb_build_object('legs', legs_digest))
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
           x.purpose NOT IN ('psp_clearing', 'platform_fee', 'service_fee', 'stripe_fee', 'dispute_loss', 'dispute_fee', 'own_funds') AS materialised
      FROM jsonb_to_recordset(p_legs) AS x(purpose text, "ownerType" text, "ownerId" uuid, currency char(3), amount bigint)
     ORDER BY code, amount
  LOOP
    SELECT id INTO account FROM ledger_account WHERE code = leg.code AND currency = leg.currency;
    IF account IS NULL THEN
      INSERT INTO ledger_account (code, purpose, owner_type, owner_id, currency, materialised, ceiling)
        VALUES (leg.code, leg.purpose, leg.owner_type, leg.owner_id, leg.currency, leg.materialised,
                CASE WHEN leg.purpose IN ('holding', 'refund_payable', 'refund_owed', 'payee', 'donation_payable') THEN 0 END)
        ON CONFLICT (code, currency) DO NOTHING;
      SELECT id INTO account FROM ledger_account WHERE code = leg.code AND currency = leg.currency;
    END IF;
    IF leg.materialised THEN
      UPDATE ledger_account SET balance = balance + leg.amount WHERE id = account;
    END IF;
    INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, currency)
      VALUES (posted, account, leg.amount, leg.currency);
  END LOOP;
  RETURN posted;
END $$;
