-- Parties, spaces, projects, history, notices: what every room stands on.

CREATE TABLE "party" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "kind" TEXT NOT NULL DEFAULT 'person',
    "name" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "party_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "identity" (
    "id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'did',
    "value" TEXT NOT NULL,
    "handle" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "identity_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "link" (
    "id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "other_party_id" UUID NOT NULL,
    "evidence" JSONB NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "link_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "csrf_token" TEXT NOT NULL,
    "party_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sign_in_state" (
    "key" TEXT NOT NULL,
    "value" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sign_in_state_pkey" PRIMARY KEY ("key")
);

CREATE TABLE "sign_in_grant" (
    "did" TEXT NOT NULL,
    "value" BYTEA NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sign_in_grant_pkey" PRIMARY KEY ("did")
);

CREATE TABLE "space" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "space_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "role" (
    "id" UUID NOT NULL,
    "space_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "role_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "membership" (
    "id" UUID NOT NULL,
    "space_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "membership_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "policy_version" (
    "id" UUID NOT NULL,
    "space_id" UUID NOT NULL,
    "value" JSONB NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "authority" TEXT NOT NULL,
    "party_id" UUID,
    "reason" TEXT NOT NULL,

    CONSTRAINT "policy_version_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "project" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "space_id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "claimed_at" TIMESTAMPTZ(6),
    "funding_state" TEXT NOT NULL DEFAULT 'unanswered',
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "repository" (
    "id" UUID NOT NULL,
    "forge" TEXT NOT NULL,
    "stable_id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "web_url" TEXT NOT NULL,
    "clone_url" TEXT NOT NULL,
    "first_seen" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "repository_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "project_repository" (
    "project_id" UUID NOT NULL,
    "repository_id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(6) NOT NULL,
    "valid_until" TIMESTAMPTZ(6),

    CONSTRAINT "project_repository_pkey" PRIMARY KEY ("project_id","repository_id","valid_from")
);

CREATE TABLE "history" (
    "subject_type" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "actor_party_id" UUID,
    "on_behalf_of" UUID,
    "actor_kind" TEXT NOT NULL,
    "move" TEXT NOT NULL,
    "from_state" TEXT,
    "to_state" TEXT NOT NULL,
    "reason" TEXT,
    "policy_version_id" UUID,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "history_pkey" PRIMARY KEY ("subject_type","subject_id","sequence")
);

CREATE TABLE "notice" (
    "id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "sentence" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "read_at" TIMESTAMPTZ(6),

    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "deadline" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "done_at" TIMESTAMPTZ(6),
    "next_try_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deadline_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "job" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "available_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "idempotency_record" (
    "party_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER,
    "answer" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answered_at" TIMESTAMPTZ(6),

    CONSTRAINT "idempotency_record_pkey" PRIMARY KEY ("party_id","key")
);

CREATE TABLE "clock_offset" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "shift" interval NOT NULL,

    CONSTRAINT "clock_offset_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "identity_party_id_idx" ON "identity"("party_id");

CREATE INDEX "identity_kind_value_idx" ON "identity"("kind", "value");

CREATE INDEX "link_party_id_idx" ON "link"("party_id");

CREATE INDEX "link_other_party_id_idx" ON "link"("other_party_id");

CREATE UNIQUE INDEX "session_token_hash_key" ON "session"("token_hash");

CREATE INDEX "session_party_id_idx" ON "session"("party_id");

CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

CREATE INDEX "sign_in_state_expires_at_idx" ON "sign_in_state"("expires_at");

CREATE INDEX "role_space_id_role_idx" ON "role"("space_id", "role");

CREATE INDEX "role_party_id_idx" ON "role"("party_id");

CREATE INDEX "membership_space_id_idx" ON "membership"("space_id");

CREATE INDEX "membership_party_id_idx" ON "membership"("party_id");

CREATE UNIQUE INDEX "policy_version_space_id_valid_from_key" ON "policy_version"("space_id", "valid_from");

CREATE UNIQUE INDEX "project_space_id_key" ON "project"("space_id");

CREATE UNIQUE INDEX "project_slug_key" ON "project"("slug");

CREATE UNIQUE INDEX "repository_forge_stable_id_key" ON "repository"("forge", "stable_id");

CREATE INDEX "history_at_idx" ON "history"("at");

CREATE INDEX "notice_party_id_created_at_id_idx" ON "notice"("party_id", "created_at" DESC, "id" DESC);

CREATE UNIQUE INDEX "notice_party_id_key_key" ON "notice"("party_id", "key");

CREATE UNIQUE INDEX "deadline_kind_subject_id_key" ON "deadline"("kind", "subject_id");

CREATE INDEX "outbox_available_at_id_idx" ON "outbox"("available_at", "id");

CREATE INDEX "idempotency_record_created_at_idx" ON "idempotency_record"("created_at");

ALTER TABLE "identity" ADD CONSTRAINT "identity_party_id_fkey" FOREIGN KEY ("party_id") REFERENCES "party"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "session" ADD CONSTRAINT "session_party_id_fkey" FOREIGN KEY ("party_id") REFERENCES "party"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "project" ADD CONSTRAINT "project_space_id_fkey" FOREIGN KEY ("space_id") REFERENCES "space"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "project_repository" ADD CONSTRAINT "project_repository_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "project_repository" ADD CONSTRAINT "project_repository_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
