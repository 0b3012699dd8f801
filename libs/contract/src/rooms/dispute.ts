import { z } from "zod";
import { id, instant, moneyView, personView, prose } from "../values.ts";
import { disputeGround, previewKind, ruling } from "../words.ts";
import { keptFile, uptimeView } from "./preview.ts";

export const createDispute = z
  .strictObject({ ground: disputeGround, statement: prose(20, 5000) })
  .meta({ id: "CreateDispute" });

export const admitCase = z.strictObject({ admit: z.boolean(), reasons: prose(10, 2000) }).meta({ id: "AdmitCase" });
export const ruleCase = z.strictObject({ ruling, reasons: prose(20, 5000) }).meta({ id: "RuleCase" });
export const stopDevelopment = z.strictObject({ reason: prose(10, 2000) }).meta({ id: "StopDevelopment" });

/** What was done about an operator's task, for whoever comes next. */
/** What answering an operator's task does. */
export const taskActs = ["note", "note_repaid", "pay_again", "try_again", "classify", "judge"] as const;
const taskAct = z.enum(taskActs);
export type TaskAct = z.infer<typeof taskAct>;

/** Accounts of the books that a person may name for a movement of the balance that nobody knew. */
export const movementAccounts = ["stripe_fee", "own_funds", "dispute_loss", "dispute_fee", "refund_loss"] as const;
export type MovementAccount = (typeof movementAccounts)[number];

export const completeTask = z
  .strictObject({
    note: prose(5, 2000),
    account: z.enum(movementAccounts).optional(),
    /** For a question that the machine could not answer about a release: whether what was seen is good. */
    accepted: z.boolean().optional(),
  })
  .meta({ id: "CompleteTask" });

export const caseView = z
  .object({
    id,
    proposal: z.object({ id, title: z.string() }),
    developer: personView,
    openedAt: instant,
    admitBy: instant,
    ruleBy: instant,
    blocking: z.boolean(),
    admitted: z.boolean().nullable(),
    state: z.enum(["open", "ruled"]),
    held: moneyView,
    disputedHeld: moneyView,
    disputes: z.array(
      z.object({
        /** Null for everybody but staff and the person themselves; so is the sum. */
        person: personView.nullable(),
        ground: disputeGround,
        statement: z.string(),
        at: instant,
        held: moneyView.nullable(),
      }),
    ),
    ruling: ruling.nullable(),
    reasons: z.string().nullable(),
    ruledBy: personView.nullable(),
    ruledAt: instant.nullable(),
    takesEffectAt: instant.nullable(),
    preview: z.object({
      id,
      kind: previewKind,
      url: z.url(),
      kept: keptFile.nullable(),
      howToReach: z.string(),
      points: z.array(z.string()),
      /** Over its whole life so far; null once it is no longer watched. */
      uptime: uptimeView.nullable(),
      /** Whether it stayed up while objections were possible. A fact for those who rule; it rules nothing by itself. */
      outage: z.object({ ground: z.boolean(), sentence: z.string() }),
    }),
    release: z.object({ branch: z.string(), commit: z.string(), webUrl: z.url() }),
    /** Whether the visitor may rule: staff without a stake. */
    mayRule: z.boolean(),
  })
  .meta({ id: "Case" });
export type CaseView = z.infer<typeof caseView>;

/** What a person has to do, with its cause, its money and its next step; and the feature it is about, where it is about one. */
const operatorTask = z.object({
  id,
  kind: z.string(),
  cause: z.string(),
  amount: moneyView.nullable(),
  nextStep: z.string(),
  act: taskAct,
  /** The release whose page shows what it is about. */
  releaseId: id.nullable(),
  createdAt: instant,
  proposal: z.object({ id, title: z.string() }).nullable(),
});

export const staffQueue = z
  .object({
    cases: z.array(
      z.object({
        id,
        proposal: z.object({ id, title: z.string() }),
        openedAt: instant,
        due: instant,
        disputes: z.number().int(),
        blocking: z.boolean(),
        hasStake: z.boolean(),
      }),
    ),
    /** Open, oldest first. */
    tasks: z.array(operatorTask.extend({ hasStake: z.boolean() })),
    nextTasks: z.string().nullable(),
    /** The last few that were done. */
    done: z.array(operatorTask.extend({ doneAt: instant, doneBy: personView.nullable(), note: z.string().nullable() })),
  })
  .meta({ id: "StaffQueue" });
export type StaffQueue = z.infer<typeof staffQueue>;
