-- What a preview is, where it was looked at and how that went.
ALTER TABLE preview
  ADD COLUMN kind TEXT NOT NULL DEFAULT 'page',
  ADD COLUMN kept_sha256 TEXT,
  ADD COLUMN kept_bytes BIGINT,
  ADD COLUMN kept_name TEXT,
  ADD COLUMN next_visit_at TIMESTAMPTZ(6),
  ADD COLUMN moved_ms BIGINT NOT NULL DEFAULT 0,
  ADD CONSTRAINT preview_kind CHECK (kind IN ('page', 'api', 'download', 'recording')),
  ADD CONSTRAINT preview_moved CHECK (moved_ms >= 0);
CREATE INDEX preview_next_visit ON preview (next_visit_at) WHERE next_visit_at IS NOT NULL;

CREATE TABLE preview_visit (
  id UUID PRIMARY KEY,
  preview_id UUID NOT NULL REFERENCES preview (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  at TIMESTAMPTZ(6) NOT NULL,
  up BOOLEAN NOT NULL,
  status INTEGER,
  took_ms INTEGER,
  fault TEXT
);
CREATE INDEX preview_visit_preview_id_at_idx ON preview_visit (preview_id, at DESC);

-- The watch over a release: when it is looked at next, what keeps it from being paid, how far the end has moved.
ALTER TABLE verification
  ADD COLUMN next_look_at TIMESTAMPTZ(6),
  ADD COLUMN last_good_at TIMESTAMPTZ(6),
  ADD COLUMN public_since TIMESTAMPTZ(6),
  ADD COLUMN suspended_at TIMESTAMPTZ(6),
  ADD COLUMN suspended_code TEXT,
  ADD COLUMN suspended_sentence TEXT,
  ADD COLUMN failed_looks INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN cure_until TIMESTAMPTZ(6),
  ADD COLUMN unobserved_ms BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN moved_ms BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0,
  ADD CONSTRAINT verification_suspended CHECK ((suspended_at IS NULL) = (suspended_code IS NULL)),
  ADD CONSTRAINT verification_moved CHECK (moved_ms >= 0 AND restarts BETWEEN 0 AND 1);
CREATE INDEX verification_next_look ON verification (next_look_at);
UPDATE verification SET next_look_at = clock_now(), last_good_at = clock_now();
UPDATE verification SET public_since = opens_at;
ALTER TABLE verification ALTER COLUMN public_since SET NOT NULL;

-- Reports stand in a chain: each row's link covers the one before it, and is signed.
ALTER TABLE verification_report
  ADD COLUMN previous_link TEXT,
  ADD COLUMN link TEXT,
  ADD COLUMN signature TEXT,
  -- Machine time: an unattended hour is one in which we were away, not one that a test wound past.
  ADD COLUMN made_at TIMESTAMPTZ(6) NOT NULL DEFAULT now();
CREATE UNIQUE INDEX verification_report_chain ON verification_report (release_id, previous_link) NULLS NOT DISTINCT WHERE link IS NOT NULL;

ALTER TABLE release
  ADD COLUMN bundle_sha256 TEXT,
  ADD COLUMN bundle_bytes BIGINT,
  ADD COLUMN swh_revision TEXT,
  ADD COLUMN swh_directory TEXT;

-- The pinned branch as it was public when the release was chosen: what moved until then is not the developer's. And what
-- earlier attempts at the same proposal had made public in other repositories when this one began.
ALTER TABLE development
  ADD COLUMN branch_seen JSONB,
  ADD COLUMN earlier JSONB,
  ADD COLUMN mirror_dropped_at TIMESTAMPTZ(6);

-- What a person found where the machine could not judge.
CREATE TABLE release_finding (
  id UUID PRIMARY KEY,
  release_id UUID NOT NULL REFERENCES release (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  reason TEXT NOT NULL,
  accepted BOOLEAN NOT NULL,
  note TEXT NOT NULL,
  party_id UUID NOT NULL,
  at TIMESTAMPTZ(6) NOT NULL
);
CREATE INDEX release_finding_release_id_idx ON release_finding (release_id);

-- Hints of forges that something moved: kept once, and only ever a reason to look. Machine time.
CREATE TABLE forge_hint (
  id UUID PRIMARY KEY,
  forge TEXT NOT NULL,
  delivery TEXT NOT NULL,
  stable_id TEXT NOT NULL,
  event TEXT NOT NULL,
  received_at TIMESTAMPTZ(6) NOT NULL DEFAULT now(),
  handled_at TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX forge_hint_forge_delivery_key ON forge_hint (forge, delivery);
CREATE INDEX forge_hint_repository ON forge_hint (forge, stable_id, handled_at DESC);
CREATE INDEX forge_hint_waiting ON forge_hint (received_at) WHERE handled_at IS NULL;

-- How far the event stream of a knot was read.
CREATE TABLE knot_cursor (
  knot TEXT PRIMARY KEY,
  cursor TEXT NOT NULL,
  read_at TIMESTAMPTZ(6) NOT NULL DEFAULT now()
);

CREATE TRIGGER preview_visit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON preview_visit
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER release_finding_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON release_finding
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

GRANT SELECT, INSERT ON preview_visit, release_finding TO freehold_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON forge_hint TO freehold_app;
GRANT SELECT, INSERT, UPDATE ON knot_cursor TO freehold_app;

-- Previews that are public already are watched from now on.
UPDATE preview SET next_visit_at = clock_now() FROM development d JOIN proposal p ON p.current_development_id = d.id
  WHERE preview.development_id = d.id AND p.stage IN ('in_preview', 'in_decision', 'releasing', 'in_verification');
