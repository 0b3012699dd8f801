import "reflect-metadata";
import type { JobName, JobPayload } from "@freehold/contract";
import { relayOutbox } from "@freehold/database";
import { NotYet } from "@freehold/escrow";
import {
  Baselines,
  DeadlineService,
  DecisionService,
  ForgeHintService,
  JourneyModule,
  PartyService,
  PaymentService,
  PreviewFiles,
  ReleaseService,
  ReleaseWatch,
  SettlementService,
  World,
} from "@freehold/journey";
import { Test } from "@nestjs/testing";
import { type Market } from "./market.ts";

/** What a story needs of the world around it: all of a test's market, or a running local world. */
export interface StoryGround extends Pick<Market, "database" | "vault" | "parts" | "wind" | "close"> {
  stripe: { control: Pick<Market["stripe"]["control"], "tick">; drained(): Promise<void> };
  github: Pick<Market["github"], "createRepository" | "commit">;
  preview: Pick<Market["preview"], "url">;
  /** The DID of a person by name; made up unless the world has one. */
  didOf?(name: string): Promise<string>;
}

/** The rooms in one process, and people with names: what every story is told with. */
export class Rooms<Ground extends StoryGround = Market> {
  readonly market: Ground;
  readonly #app: Awaited<ReturnType<typeof compile>>;
  readonly #people = new Map<string, string>();
  readonly #waiting: { job: string; payload: unknown }[] = [];

  constructor(market: Ground, app: Awaited<ReturnType<typeof compile>>) {
    this.market = market;
    this.#app = app;
  }

  get<Service>(type: new (...parts: never[]) => Service): Service {
    return this.#app.get(type) as Service;
  }

  get database() {
    return this.market.database;
  }

  /** The party with this name; frank, grace and heidi are staff. Made when first asked for. */
  async party(name: string): Promise<string> {
    const known = this.#people.get(name);
    if (known !== undefined) return known;
    const did = (await this.market.didOf?.(name)) ?? `did:test:${name}`;
    const { partyId } = await this.database.transact((tx) =>
      this.get(PartyService).welcome(tx, { did, handle: `${name}.test` }),
    );
    this.#people.set(name, partyId);
    return partyId;
  }

  /** Finishes everything that is handed forward or due now: webhooks, outbox, intents, deadlines. */
  async drain(): Promise<void> {
    // A worker's lease is machine time; a story does not wait for it.
    await this.database.deadline.updateMany({ where: { doneAt: null }, data: { nextTryAt: new Date(0) } });
    // What came too early is tried again when the rest has happened: as the queue does, only sooner.
    const early: { job: string; payload: unknown }[] = [];
    for (let quiet = 0; quiet < 2;) {
      await this.market.stripe.control.tick();
      await this.market.stripe.drained();
      let done = 0;
      await relayOutbox(this.database, async (rows) => {
        done += rows.length;
        this.#waiting.push(...rows);
      });
      for (let row = this.#waiting.shift(); row !== undefined; row = this.#waiting.shift())
        await this.#perform(row.job as JobName, row.payload).catch((error: unknown) => {
          if (!(error instanceof NotYet)) throw error;
          early.push(row!);
        });
      done += await this.market.vault.performDue();
      done += await this.get(DeadlineService).sweep((deadline, error) => {
        throw new Error(`deadline ${deadline.kind}: ${String(error)}`, { cause: error });
      });
      for (const id of await this.get(ReleaseWatch).claimDue(this.database)) {
        await this.get(ReleaseWatch).recheck(this.database, id);
        done += 1;
      }
      for (const id of await this.market.vault.unfinished()) done += await this.market.vault.advance(id);
      for (const id of await this.get(SettlementService).unfinished(this.database))
        await this.get(SettlementService).advance(this.database, id);
      quiet = done === 0 ? quiet + 1 : 0;
    }
    this.#waiting.push(...early);
  }

  /** The same verbs as the worker's jobs; the browser journeys run the worker itself. */
  async #perform(job: JobName, payload: unknown): Promise<void> {
    const settlements = this.get(SettlementService);
    const handlers: { [Name in JobName]: (given: JobPayload<Name>) => Promise<unknown> } = {
      "payment.changed": ({ eventId }) => this.get(PaymentService).eventArrived(this.database, eventId),
      "development.baseline": ({ developmentId }) => this.get(Baselines).take(this.database, developmentId),
      "preview.keep": ({ previewId }) => this.get(PreviewFiles).keep(this.database, previewId),
      "preview.gone": ({ developmentId }) =>
        this.database.transact((tx) => this.get(DecisionService).closeForOutage(tx, developmentId)),
      "release.branch": ({ developmentId }) => this.get(ReleaseService).lookAtBranch(this.database, developmentId),
      "release.check": ({ releaseId }) => this.get(ReleaseService).check(this.database, releaseId),
      "forge.hinted": ({ hintId }) => this.get(ForgeHintService).hinted(this.database, hintId),
      "settlement.advance": ({ developmentId }) => settlements.advance(this.database, developmentId),
    };
    await (handlers[job] as (given: unknown) => Promise<unknown>)(payload);
  }

  /** Winds story time and lets everything happen that is due by then. */
  async wind(interval: string): Promise<void> {
    await this.market.wind(interval);
    await this.drain();
  }

  async close(): Promise<void> {
    await this.#app.close();
    await this.market.close();
  }
}

export function compile(market: StoryGround) {
  return Test.createTestingModule({ imports: [World.of(market.parts), JourneyModule] }).compile();
}
