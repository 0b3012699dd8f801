-- Bounds and guards that hold whatever the code does, and indexes for the rows that sweeps look for.

CREATE UNIQUE INDEX identity_current ON identity (kind, value) WHERE valid_until IS NULL;
CREATE UNIQUE INDEX estimate_current ON estimate (proposal_id, party_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX development_current ON development (proposal_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX role_current ON role (space_id, party_id, role) WHERE valid_until IS NULL;
CREATE UNIQUE INDEX case_open_for_release ON "case" (release_id) WHERE closed_at IS NULL AND ruling IS DISTINCT FROM 'dismiss';
CREATE UNIQUE INDEX space_one_platform ON space (kind) WHERE kind = 'platform';
CREATE INDEX deadline_due ON deadline (due_at, id) WHERE done_at IS NULL;
CREATE INDEX inbox_event_due ON inbox_event (due_at) WHERE state = 'stored';
CREATE INDEX intent_due ON intent (due_at) WHERE state IN ('PLANNED', 'SENT', 'UNKNOWN');
CREATE INDEX case_open ON "case" (opened_at) WHERE closed_at IS NULL;
CREATE INDEX settlement_running ON settlement (authorised_at) WHERE completed_at IS NULL;
CREATE INDEX operator_task_open ON operator_task (created_at) WHERE done_at IS NULL;
CREATE INDEX payment_open ON payment (development_id) WHERE state = 'opened';
CREATE INDEX payment_held_since ON payment (charged_at) WHERE state = 'held';

ALTER TABLE proposal ADD CONSTRAINT proposal_stage CHECK (stage IN
  ('open', 'in_development', 'in_preview', 'in_decision', 'releasing', 'in_verification', 'settling', 'refunding', 'settled', 'closed'));
ALTER TABLE proposal ADD CONSTRAINT proposal_closed_with_reason CHECK ((stage = 'closed') = (closed_reason IS NOT NULL));
ALTER TABLE estimate ADD CONSTRAINT estimate_positive CHECK (amount_minor > 0 AND currency IN ('USD'));
ALTER TABLE payee_line ADD CONSTRAINT payee_line_share CHECK (basis_points > 0 AND basis_points <= 10000);
ALTER TABLE preview ADD CONSTRAINT preview_span CHECK (closes_at > opened_at AND window_days > 0);
ALTER TABLE verification ADD CONSTRAINT verification_span CHECK (ends_at > opens_at);
ALTER TABLE payment ADD CONSTRAINT payment_sums CHECK (amount_minor > 0 AND service_fee_minor >= 0 AND currency IN ('USD'));
ALTER TABLE payment ADD CONSTRAINT payment_kind CHECK (kind IN ('pledge', 'donation'));
ALTER TABLE payment ADD CONSTRAINT payment_state CHECK (state IN
  ('opened', 'held', 'given', 'failed', 'expired', 'refunding', 'refunded', 'settling', 'paid'));
ALTER TABLE refund ADD CONSTRAINT refund_kind CHECK (kind IN ('pledge', 'whole'));
ALTER TABLE refund ADD CONSTRAINT refund_state CHECK (state IN ('planned', 'confirmed', 'owed', 'parked'));
ALTER TABLE refund ADD CONSTRAINT refund_positive CHECK (amount_minor > 0);
ALTER TABLE payout ADD CONSTRAINT payout_state CHECK (state IN ('planned', 'confirmed'));
ALTER TABLE payout ADD CONSTRAINT payout_positive CHECK (amount_minor > 0);
ALTER TABLE intent ADD CONSTRAINT intent_state CHECK (state IN ('PLANNED', 'SENT', 'CONFIRMED', 'REJECTED', 'UNKNOWN'));
ALTER TABLE inbox_event ADD CONSTRAINT inbox_event_state CHECK (state IN ('stored', 'applied', 'parked'));

-- The shares of one development are complete whenever a transaction ends.
CREATE FUNCTION payee_lines_complete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  shares int;
  checked uuid := COALESCE(NEW.development_id, OLD.development_id);
BEGIN
  SELECT sum(basis_points) INTO shares FROM payee_line WHERE development_id = checked;
  IF shares IS NOT NULL AND shares <> 10000 THEN
    RAISE EXCEPTION 'payee lines of % add up to %', checked, shares USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payee_lines_complete AFTER INSERT OR UPDATE OR DELETE ON payee_line
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payee_lines_complete();
