-- What was said stays said: history, policies, reports, findings and the ledger are never changed or removed.

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER policy_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_version
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER proposal_revision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON proposal_revision
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER verification_report_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verification_report
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER finding_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finding
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER balance_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON balance_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Each history row carries the hash of the one before it on the same subject, so that a removed row shows.
CREATE FUNCTION history_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last record;
BEGIN
  SELECT sequence, hash INTO last FROM history
    WHERE subject_type = NEW.subject_type AND subject_id = NEW.subject_id
    ORDER BY sequence DESC LIMIT 1;
  NEW.sequence := COALESCE(last.sequence, 0) + 1;
  NEW.previous_hash := COALESCE(last.hash, '');
  NEW.at := clock_now();
  NEW.hash := encode(sha256(convert_to(jsonb_build_array(
    NEW.subject_type, NEW.subject_id, NEW.sequence, extract(epoch FROM NEW.at), NEW.actor_party_id, NEW.on_behalf_of,
    NEW.actor_kind, NEW.move, NEW.from_state, NEW.to_state, NEW.reason, NEW.policy_version_id, NEW.detail, NEW.previous_hash
  )::text, 'UTF8')), 'hex');
  RETURN NEW;
END $$;
CREATE TRIGGER history_chain BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION history_chain();
