import { z } from "zod";
import { id, instant, line, moneyInput, moneyView, personView, prose } from "../values.ts";
import { closeReason, stage } from "../words.ts";

export const createProposal = z
  .strictObject({
    /** An existing project's slug, or the name of any platform; a new name makes a new project page (003-04). */
    project: line(2, 80),
    title: line(5, 120),
    body: prose(20, 10_000),
    /** What it should do, one point each. */
    points: z.array(line(3, 300)).min(1).max(20),
  })
  .meta({ id: "CreateProposal" });
export type CreateProposal = z.infer<typeof createProposal>;

export const closeProposal = z
  .strictObject({ reason: closeReason, note: prose(3, 1000) })
  .meta({ id: "CloseProposal" });

export const createEstimate = z.strictObject({ amount: moneyInput }).meta({ id: "CreateEstimate" });

export const estimateSummary = z
  .object({
    /** Sum and number of estimates by established parties: what the ranking counts. */
    established: z.object({ sum: moneyView, people: z.number().int() }),
    /** The others, shown beside it as what they are, never dropped. */
    others: z.object({ sum: moneyView, people: z.number().int() }),
    /** Of all who estimated, how many have paid here before. */
    paidBefore: z.number().int(),
  })
  .meta({ id: "EstimateSummary" });
export type EstimateSummary = z.infer<typeof estimateSummary>;

/** One line of the timetable. */
export const timetableRow = z
  .object({
    id,
    title: z.string(),
    project: z.object({ slug: z.string(), name: z.string() }),
    stage,
    developer: personView.nullable(),
    /** The date that matters now (expected preview, close, decision, window end, settled); null when none does. */
    date: instant.nullable(),
    estimated: moneyView,
    estimators: z.number().int(),
    held: moneyView,
    backers: z.number().int(),
    paid: moneyView,
  })
  .meta({ id: "TimetableRow" });
export type TimetableRow = z.infer<typeof timetableRow>;

export const frontView = z
  .object({
    readyToTry: z.array(timetableRow),
    beingBuilt: z.array(timetableRow),
    setFree: z.array(timetableRow),
    wishes: z.array(timetableRow),
    books: z.object({
      held: moneyView,
      developments: z.number().int(),
      paid: moneyView,
      provedAt: instant.nullable(),
      balanced: z.boolean().nullable(),
    }),
  })
  .meta({ id: "Front" });
export type FrontView = z.infer<typeof frontView>;

export const proposalListQuery = z.object({
  stage: stage.optional(),
  project: z.string().max(100).optional(),
  after: z.string().max(200).optional(),
});
export const proposalList = z
  .object({ rows: z.array(timetableRow), next: z.string().nullable() })
  .meta({ id: "ProposalList" });
export type ProposalList = z.infer<typeof proposalList>;

export const projectView = z
  .object({
    slug: z.string(),
    name: z.string(),
    claimed: z.boolean(),
    rows: z.array(timetableRow),
    next: z.string().nullable(),
  })
  .meta({ id: "Project" });
export type ProjectView = z.infer<typeof projectView>;

export const created = z.object({ id }).meta({ id: "Created" });
