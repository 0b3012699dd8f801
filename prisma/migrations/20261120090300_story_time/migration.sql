-- One clock: SQL asks clock_now(), never now(). Only the owner can wind it, and only forward once a story has begun:
-- an empty local world may begin in the past, so that what is seeded has a history and ends today.

INSERT INTO clock_offset (id, shift) VALUES (1, interval '0');
ALTER TABLE clock_offset ADD CONSTRAINT clock_offset_one_row CHECK (id = 1);

CREATE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT transaction_timestamp() + (SELECT shift FROM clock_offset WHERE id = 1)
$$;

CREATE FUNCTION clock_runs_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' OR (NEW.shift < OLD.shift AND EXISTS (SELECT 1 FROM history)) THEN
    RAISE EXCEPTION 'the clock runs forward only' USING ERRCODE = '22023';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER clock_runs_forward BEFORE INSERT OR UPDATE OR DELETE ON clock_offset
  FOR EACH ROW EXECUTE FUNCTION clock_runs_forward();
