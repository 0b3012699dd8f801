import { type JobName, type JobPayload, jobs } from "@freehold/contract";
import { Database } from "@freehold/database";
import {
  DecisionService,
  Baselines,
  ForgeHintService,
  PaymentService,
  PreviewFiles,
  ReleaseService,
  SettlementService,
} from "@freehold/journey";
import type { INestApplicationContext } from "@nestjs/common";

type Handlers = { [Name in JobName]: (payload: JobPayload<Name>) => Promise<unknown> };

/** A job that has to come again soon: the outside world was not ready. */
export class Later extends Error {}

/** Every job and the room's verb that does it. A handler re-reads the rows and bears repetition. */
export function handlersOf(app: INestApplicationContext): Handlers {
  const database = app.get(Database);
  const baselines = app.get(Baselines);
  const releases = app.get(ReleaseService);
  const files = app.get(PreviewFiles);
  const decisions = app.get(DecisionService);
  const payments = app.get(PaymentService);
  const settlements = app.get(SettlementService);
  return {
    "payment.changed": ({ eventId }) => payments.eventArrived(database, eventId),
    "development.baseline": async ({ developmentId }) => {
      if ((await baselines.take(database, developmentId)) === "later") throw new Later("the forge did not answer");
    },
    "preview.keep": ({ previewId }) => files.keep(database, previewId),
    "preview.gone": ({ developmentId }) => database.transact((tx) => decisions.closeForOutage(tx, developmentId)),
    "release.branch": ({ developmentId }) => releases.lookAtBranch(database, developmentId),
    "release.check": ({ releaseId }) => releases.check(database, releaseId),
    "forge.hinted": ({ hintId }) => app.get(ForgeHintService).hinted(database, hintId),
    "settlement.advance": ({ developmentId }) => settlements.advance(database, developmentId),
  };
}

/** Does one job. The payload is checked against its schema; an unknown name is an error, never skipped in silence. */
export async function perform(handlers: Handlers, name: string, payload: unknown): Promise<void> {
  if (!Object.hasOwn(jobs, name)) throw new Error(`there is no job called ${name}`);
  const job = name as JobName;
  const handler = handlers[job] as (payload: unknown) => Promise<unknown>;
  await handler(jobs[job].parse(payload));
}

/** Fails at boot when a job of the contract has no handler. */
export function requireComplete(handlers: Partial<Handlers>): void {
  const missing = Object.keys(jobs).filter((name) => handlers[name as JobName] === undefined);
  if (missing.length > 0) throw new Error(`jobs without a handler: ${missing.join(", ")}`);
}
