-- Two roles: the owner migrates, freehold_app runs. The one that runs cannot rewrite what must stay, wind the clock,
-- or enter the ledger in any way but ledger_post.

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'freehold_app') THEN
    RAISE EXCEPTION 'the role freehold_app is missing: create it before migrating (CREATE ROLE freehold_app LOGIN PASSWORD …)';
  END IF;
END $$;

GRANT USAGE ON SCHEMA public TO freehold_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO freehold_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO freehold_app;

REVOKE UPDATE, DELETE, TRUNCATE ON
  history, policy_version, proposal_revision, verification_report, finding, balance_checkpoint FROM freehold_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON
  ledger_account, ledger_transaction, ledger_entry, clock_offset FROM freehold_app;
REVOKE DELETE, TRUNCATE ON
  party, identity, space, project, repository, proposal, estimate, development, donation, preview, pledge, decision,
  release, verification, confirmation, dispute, "case", panel, settlement, payment, refund, payout, intent, inbox_event,
  payout_account, operator_task, books_proof FROM freehold_app;

REVOKE EXECUTE ON FUNCTION ledger_post(uuid, text, text, timestamptz, uuid, uuid, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post(uuid, text, text, timestamptz, uuid, uuid, jsonb, jsonb) TO freehold_app;
