-- Which payments still wait for a refund is asked before every settlement portion: without this, a scan of all refunds.
CREATE INDEX refund_waiting ON refund (payment_id) WHERE state IN ('planned', 'parked');
