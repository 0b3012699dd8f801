import { createHmac } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import type { Environment } from "@freehold/contract";
import { type Database, enqueue, type Tx } from "@freehold/database";
import type { ForgeName, ForgeVerifier } from "@freehold/forge-verify";
import { DAY_MS, newId } from "@freehold/values";
import { ENVIRONMENT, VERIFIER } from "../world.ts";

/** What a forge told us: some repository of ours may have changed. */
export interface Hint {
  forge: ForgeName;
  /** The forge's own id of the message: it is kept once, however often it comes. */
  delivery: string;
  stableId: string;
  event: string;
}

const KEPT_MS = 30 * DAY_MS;

/** So many looks at one release in 24 hours, and hints bring no further one: each is a row for ever. The schedule looks on. */
const LOOKS_A_DAY = 60;

/**
 * Hints of forges that something moved: by webhook, or from the event stream of a knot. None of them says what is true;
 * the only thing that a hint can do is to bring the next look nearer.
 */
@Injectable()
export class ForgeHintService {
  constructor(
    @Inject(VERIFIER) private readonly verifier: ForgeVerifier,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /** Whether any webhook is taken: without a secret nobody could tell a forge from a stranger. */
  get taken(): boolean {
    return this.environment.FORGE_WEBHOOK_SECRET !== undefined;
  }

  /** Where the owner of a repository lets the forge post its pushes, and the secret for that repository alone; null when none are taken. */
  webhookFor(repository: { id: string; forge: string; stableId: string }): { url: string; secret: string } | null {
    const secret = this.secretOf(repository.forge as ForgeName, repository.stableId);
    if (secret === null) return null;
    const url = new URL(`/webhooks/${repository.forge}`, this.environment.PUBLIC_URL);
    // What a spindle posts need not name the repository by its DID.
    if (repository.forge === "tangled") url.searchParams.set("repository", repository.id);
    return { url: url.href, secret };
  }

  /** The secret of one repository, hex: whoever knows it can hint at that one and at no other. */
  secretOf(forge: ForgeName, stableId: string): string | null {
    const master = this.environment.FORGE_WEBHOOK_SECRET;
    return master === undefined ? null : createHmac("sha256", master).update(`${forge}:${stableId}`).digest("hex");
  }

  /** With what a message of GitHub about a repository may be signed: its own secret, or that of an app of ours. */
  gitHubSecrets(stableId: string | null): string[] {
    const master = this.environment.FORGE_WEBHOOK_SECRET;
    if (master === undefined) return [];
    return stableId === null ? [master] : [master, this.secretOf("github", stableId)!];
  }

  /** The repositories on Tangled that a message may be about, by our id, by DID and by clone address; five at most. */
  async onTangled(
    database: Database,
    named: { ids: string[]; stableIds: string[]; cloneUrls: string[] },
  ): Promise<{ stableId: string }[]> {
    const { ids, stableIds, cloneUrls } = named;
    return database.repository.findMany({
      where: {
        forge: "tangled",
        OR: [{ id: { in: ids } }, { stableId: { in: stableIds } }, { cloneUrl: { in: cloneUrls } }],
      },
      select: { stableId: true },
      take: 5,
    });
  }

  /**
   * Keeps a hint whose sender was checked, once, and hands it on. About a repository that no development was ever in,
   * nothing is kept; nor is anything while another hint about the same repository waits to be taken up, or came less than
   * a minute ago: whoever knows the secret of a repository can post without end. What comes then is not missed: a hint
   * that waits brings a look when it is taken up, and every other one has a look that began later than that minute
   * (see `lookAgain`).
   */
  async receive(tx: Tx, hint: Hint): Promise<{ stored: boolean }> {
    const { forge, stableId } = hint;
    if (await this.#isTold(tx, hint)) return { stored: false };
    // Those that come at the same time wait for each other, and only the first of them is kept.
    const ours = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM repository WHERE forge = ${forge} AND stable_id = ${stableId} FOR NO KEY UPDATE`;
    if (ours.length === 0 || (await this.#isTold(tx, hint))) return { stored: false };
    const id = newId();
    const { count } = await tx.forgeHint.createMany({ data: [{ id, ...hint }], skipDuplicates: true });
    if (count > 0) await enqueue(tx, "forge.hinted", { hintId: id });
    return { stored: count > 0 };
  }

  async #isTold(tx: Tx, { forge, stableId }: Hint): Promise<boolean> {
    const told = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM forge_hint WHERE forge = ${forge} AND stable_id = ${stableId}
        AND (handled_at IS NULL OR received_at > clock_timestamp() - interval '1 minute') LIMIT 1`;
    return told.length > 0;
  }

  /** Takes up one hint: it brings the next look nearer and is done with. Repeating it is harmless. */
  async hinted(database: Database, hintId: string): Promise<void> {
    await database.transact(async (tx) => {
      const [hint] = await tx.$queryRaw<{ forge: string; stableId: string }[]>`
        UPDATE forge_hint SET handled_at = now() WHERE id = ${hintId}::uuid AND handled_at IS NULL
        RETURNING forge, stable_id AS "stableId"`;
      if (hint !== undefined) await this.#bringNearer(tx, hint, hintId);
    });
  }

  /**
   * A look that began before a hint was taken up, or less than two minutes after it, may have seen what was before, and what
   * it sets as the next one is hours away: then there is another, five minutes after it. Only a look that is not near
   * already: one that is under way has claimed the next quarter of an hour, and begins no second one beside it.
   */
  async lookAgain(database: Database): Promise<void> {
    const hinted = await database.$queryRaw<{ forge: string; stableId: string }[]>`
      SELECT DISTINCT h.forge, h.stable_id AS "stableId" FROM forge_hint h
      JOIN repository o ON o.forge = h.forge AND o.stable_id = h.stable_id
      JOIN development d ON d.repository_id = o.id JOIN release r ON r.development_id = d.id
      JOIN verification v ON v.release_id = r.id AND v.ended_at IS NULL
      WHERE h.handled_at > now() - interval '1 hour' AND v.next_look_at > clock_now() + interval '15 minutes'
        AND NOT EXISTS (SELECT 1 FROM verification_report x
          WHERE x.release_id = r.id AND x.made_at > h.handled_at + interval '2 minutes'
            -- A report names the story's time at which its look began, the row that at which it was kept.
            AND x.made_at - (x.at - (x.report ->> 'at')::timestamptz) > h.handled_at + interval '2 minutes')
      LIMIT 200`;
    for (const one of hinted) await database.transact((tx) => this.#bringNearer(tx, one, null));
  }

  /**
   * Brings the next look at every open window in a repository to now, but no nearer than five minutes after the last look
   * and five after another hint (a look takes its time), and no further than the looks of a day go: a flood of hints costs
   * one look in five minutes, and sixty in a day.
   */
  async #bringNearer(tx: Tx, { forge, stableId }: { forge: string; stableId: string }, hintId: string | null) {
    await tx.$executeRaw`
      UPDATE verification v SET next_look_at = due.at
      FROM (
        SELECT w.id, GREATEST(clock_now(), w.last_good_at + interval '5 minutes',
          (SELECT max(x.at) FROM verification_report x WHERE x.release_id = r.id) + interval '5 minutes',
          (SELECT clock_now() + (max(h.handled_at) + interval '5 minutes' - now()) FROM forge_hint h
            WHERE h.forge = ${forge} AND h.stable_id = ${stableId} AND h.id IS DISTINCT FROM ${hintId}::uuid)) AS at
        FROM verification w
        JOIN release r ON r.id = w.release_id
        JOIN development d ON d.id = r.development_id
        JOIN repository o ON o.id = d.repository_id
        JOIN proposal p ON p.id = d.proposal_id
        WHERE w.ended_at IS NULL AND p.stage = 'in_verification' AND p.current_development_id = d.id
          AND o.forge = ${forge} AND o.stable_id = ${stableId}
          AND (SELECT count(*) FROM verification_report x
            WHERE x.release_id = r.id AND x.at > clock_now() - interval '24 hours') < ${LOOKS_A_DAY}
      ) due
      WHERE v.id = due.id AND (v.next_look_at IS NULL OR v.next_look_at > due.at)`;
  }

  /** Hints whose job was lost. */
  async forgotten(database: Database): Promise<string[]> {
    const rows = await database.$queryRaw<{ id: string }[]>`
      SELECT id FROM forge_hint WHERE handled_at IS NULL AND received_at < now() - interval '1 minute'
      ORDER BY received_at LIMIT 200`;
    return rows.map((row) => row.id);
  }

  /** Handled hints of a month ago have nothing more to say. @returns how many were removed */
  async prune(database: Database): Promise<number> {
    const before = new Date(Date.now() - KEPT_MS);
    return (await database.forgeHint.deleteMany({ where: { handledAt: { lt: before } } })).count;
  }

  /** Reads the event streams of the knots on which a development is running. Calls the knots; takes no transaction. */
  async readKnots(database: Database): Promise<void> {
    const rows = await database.$queryRaw<{ stableId: string; cloneUrl: string }[]>`
      SELECT DISTINCT o.stable_id AS "stableId", o.clone_url AS "cloneUrl" FROM repository o
      JOIN development d ON d.repository_id = o.id
      WHERE o.forge = 'tangled' AND d.ended_at IS NULL LIMIT 5000`;
    const knots = Map.groupBy(rows, ({ cloneUrl }) => (URL.canParse(cloneUrl) ? new URL(cloneUrl).origin : ""));
    knots.delete("");
    const waiting = [...knots];
    const reader = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#readKnot(database, ...next);
    };
    await Promise.all([reader(), reader(), reader(), reader()]);
  }

  /** One knot, read by one worker at a time. It can only hint at repositories that live on it. */
  async #readKnot(
    database: Database,
    knot: string,
    repositories: readonly { stableId: string; cloneUrl: string }[],
  ): Promise<void> {
    const begun = `${Date.now()}000000`;
    await database.$executeRaw`
      INSERT INTO knot_cursor (knot, cursor, read_at) VALUES (${knot}, ${`${Date.now() - 3_600_000}000000`}, '-infinity')
      ON CONFLICT (knot) DO NOTHING`;
    const [ours] = await database.$queryRaw<{ cursor: string }[]>`
      UPDATE knot_cursor SET read_at = now() WHERE knot = ${knot} AND read_at < now() - interval '5 minutes'
      RETURNING cursor`;
    if (ours === undefined) return;
    const told = await this.verifier.knotEvents(knot, ours.cursor);
    // A message that is larger than we read would stand in the way for ever.
    const cursor = told.ok ? told.value.cursor : told.fault === "too_large" ? begun : ours.cursor;
    const latest = new Map<string, Hint>();
    for (const { stableId, named, event } of told.ok ? told.value.hints : []) {
      const address = named === null ? null : `${knot}/${named.ownerDid}/${named.name}`;
      const about = repositories.find((one) => one.stableId === stableId || one.cloneUrl === address);
      if (about === undefined) continue;
      latest.set(about.stableId, {
        forge: "tangled",
        delivery: `${knot} ${event}`,
        stableId: about.stableId,
        event: "refUpdate",
      });
    }
    await database.transact(async (tx) => {
      for (const hint of latest.values()) await this.receive(tx, hint);
      await tx.knotCursor.update({ where: { knot }, data: { cursor } });
    });
  }
}
