-- One table for each word of the story, in its order.

CREATE TABLE "proposal" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "project_id" UUID NOT NULL,
    "proposer_id" UUID NOT NULL,
    "stage" TEXT NOT NULL DEFAULT 'open',
    "stage_since" TIMESTAMPTZ(6) NOT NULL,
    "revision_number" INTEGER NOT NULL DEFAULT 1,
    "title" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "closed_reason" TEXT,
    "closed_note" TEXT,
    "follows_id" UUID,
    "current_development_id" UUID,
    "rank_minor" BIGINT NOT NULL DEFAULT 0,
    "ranked_at" TIMESTAMPTZ(6),

    CONSTRAINT "proposal_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "proposal_revision" (
    "id" UUID NOT NULL,
    "proposal_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "points" JSONB NOT NULL,
    "author_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "proposal_revision_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "estimate" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "proposal_id" UUID NOT NULL,
    "revision_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "source" TEXT NOT NULL,
    "policy_version_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "superseded_at" TIMESTAMPTZ(6),

    CONSTRAINT "estimate_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "development" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "proposal_id" UUID NOT NULL,
    "developer_id" UUID NOT NULL,
    "policy_version_id" UUID NOT NULL,
    "repository_id" UUID NOT NULL,
    "destination" TEXT NOT NULL,
    "branch" TEXT,
    "expected_preview_at" TIMESTAMPTZ(6) NOT NULL,
    "reserved_until" TIMESTAMPTZ(6) NOT NULL,
    "goal_minor" BIGINT,
    "currency" CHAR(3) NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "baseline" JSONB,
    "baseline_taken_at" TIMESTAMPTZ(6),
    "decide_by" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),
    "ending" TEXT,
    "ending_note" TEXT,

    CONSTRAINT "development_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "payee_line" (
    "id" UUID NOT NULL,
    "development_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "basis_points" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "frozen_at" TIMESTAMPTZ(6),

    CONSTRAINT "payee_line_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "donation" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "development_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "full_amount_minor" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "policy_version_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "donation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "preview" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "development_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "how_to_reach" TEXT NOT NULL,
    "points" JSONB NOT NULL,
    "opened_at" TIMESTAMPTZ(6) NOT NULL,
    "closes_at" TIMESTAMPTZ(6) NOT NULL,
    "closed_at" TIMESTAMPTZ(6),
    "window_days" INTEGER NOT NULL,
    "commitment" TEXT,

    CONSTRAINT "preview_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "pledge" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "development_id" UUID NOT NULL,
    "proposal_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "policy_version_id" UUID NOT NULL,
    "named" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "taken_back_at" TIMESTAMPTZ(6),

    CONSTRAINT "pledge_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "decision" (
    "id" UUID NOT NULL,
    "development_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "note" TEXT,
    "party_id" UUID,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "decision_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "release" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "development_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "branch" TEXT NOT NULL,
    "commit" TEXT NOT NULL,
    "nonce" TEXT,
    "submitted_at" TIMESTAMPTZ(6) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'submitted',
    "failure_code" TEXT,
    "failure_sentence" TEXT,
    "licence" TEXT,
    "checked_at" TIMESTAMPTZ(6),

    CONSTRAINT "release_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "verification" (
    "id" UUID NOT NULL,
    "release_id" UUID NOT NULL,
    "opens_at" TIMESTAMPTZ(6) NOT NULL,
    "ends_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),

    CONSTRAINT "verification_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "verification_report" (
    "id" UUID NOT NULL,
    "release_id" UUID NOT NULL,
    "phase" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "code" TEXT,
    "report" JSONB NOT NULL,
    "digest" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "verification_report_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "confirmation" (
    "release_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "confirmation_pkey" PRIMARY KEY ("release_id","party_id")
);

CREATE TABLE "dispute" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "case_id" UUID NOT NULL,
    "release_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "ground" TEXT NOT NULL,
    "statement" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "dispute_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "case" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'freehold',
    "space_id" UUID NOT NULL,
    "release_id" UUID NOT NULL,
    "development_id" UUID NOT NULL,
    "opened_at" TIMESTAMPTZ(6) NOT NULL,
    "admitted" BOOLEAN,
    "admitted_at" TIMESTAMPTZ(6),
    "ruling" TEXT,
    "reasons" TEXT,
    "ruled_at" TIMESTAMPTZ(6),
    "takes_effect_at" TIMESTAMPTZ(6),
    "closed_at" TIMESTAMPTZ(6),

    CONSTRAINT "case_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "panel" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "formed_at" TIMESTAMPTZ(6) NOT NULL,
    "dissolved_at" TIMESTAMPTZ(6),

    CONSTRAINT "panel_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "finding" (
    "id" UUID NOT NULL,
    "panel_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "ruling" TEXT NOT NULL,
    "reasons" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "finding_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "settlement" (
    "id" UUID NOT NULL,
    "development_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "authorised_at" TIMESTAMPTZ(6) NOT NULL,
    "report_id" UUID,
    "completed_at" TIMESTAMPTZ(6),

    CONSTRAINT "settlement_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "proposal_current_development_id_key" ON "proposal"("current_development_id");

CREATE INDEX "proposal_stage_rank_minor_id_idx" ON "proposal"("stage", "rank_minor" DESC, "id" DESC);

CREATE INDEX "proposal_project_id_rank_minor_id_idx" ON "proposal"("project_id", "rank_minor" DESC, "id" DESC);

CREATE INDEX "proposal_stage_stage_since_id_idx" ON "proposal"("stage", "stage_since" DESC, "id" DESC);

CREATE UNIQUE INDEX "proposal_revision_proposal_id_number_key" ON "proposal_revision"("proposal_id", "number");

CREATE INDEX "estimate_party_id_created_at_idx" ON "estimate"("party_id", "created_at" DESC);

CREATE INDEX "development_developer_id_started_at_idx" ON "development"("developer_id", "started_at" DESC);

CREATE INDEX "development_proposal_id_started_at_idx" ON "development"("proposal_id", "started_at" DESC);

CREATE UNIQUE INDEX "payee_line_development_id_party_id_reason_key" ON "payee_line"("development_id", "party_id", "reason");

CREATE INDEX "donation_development_id_idx" ON "donation"("development_id");

CREATE INDEX "donation_party_id_created_at_idx" ON "donation"("party_id", "created_at" DESC);

CREATE UNIQUE INDEX "preview_development_id_key" ON "preview"("development_id");

CREATE INDEX "pledge_development_id_idx" ON "pledge"("development_id");

CREATE INDEX "pledge_party_id_created_at_idx" ON "pledge"("party_id", "created_at" DESC);

CREATE UNIQUE INDEX "decision_development_id_key" ON "decision"("development_id");

CREATE UNIQUE INDEX "release_development_id_attempt_key" ON "release"("development_id", "attempt");

CREATE UNIQUE INDEX "verification_release_id_key" ON "verification"("release_id");

CREATE INDEX "verification_report_release_id_at_idx" ON "verification_report"("release_id", "at" DESC);

CREATE UNIQUE INDEX "dispute_release_id_party_id_key" ON "dispute"("release_id", "party_id");

CREATE INDEX "case_release_id_idx" ON "case"("release_id");

CREATE INDEX "case_development_id_idx" ON "case"("development_id");

CREATE INDEX "panel_case_id_idx" ON "panel"("case_id");

CREATE UNIQUE INDEX "finding_panel_id_party_id_key" ON "finding"("panel_id", "party_id");

CREATE UNIQUE INDEX "settlement_development_id_key" ON "settlement"("development_id");

ALTER TABLE "proposal" ADD CONSTRAINT "proposal_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "proposal_revision" ADD CONSTRAINT "proposal_revision_proposal_id_fkey" FOREIGN KEY ("proposal_id") REFERENCES "proposal"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "estimate" ADD CONSTRAINT "estimate_proposal_id_fkey" FOREIGN KEY ("proposal_id") REFERENCES "proposal"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "development" ADD CONSTRAINT "development_proposal_id_fkey" FOREIGN KEY ("proposal_id") REFERENCES "proposal"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "development" ADD CONSTRAINT "development_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repository"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "payee_line" ADD CONSTRAINT "payee_line_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "donation" ADD CONSTRAINT "donation_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "preview" ADD CONSTRAINT "preview_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "pledge" ADD CONSTRAINT "pledge_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "decision" ADD CONSTRAINT "decision_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "release" ADD CONSTRAINT "release_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "verification" ADD CONSTRAINT "verification_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "release"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "verification_report" ADD CONSTRAINT "verification_report_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "release"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "confirmation" ADD CONSTRAINT "confirmation_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "release"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "dispute" ADD CONSTRAINT "dispute_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "case" ADD CONSTRAINT "case_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "release"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "panel" ADD CONSTRAINT "panel_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "finding" ADD CONSTRAINT "finding_panel_id_fkey" FOREIGN KEY ("panel_id") REFERENCES "panel"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "settlement" ADD CONSTRAINT "settlement_development_id_fkey" FOREIGN KEY ("development_id") REFERENCES "development"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
