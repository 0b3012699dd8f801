import { Inject, Injectable } from "@nestjs/common";
import type { Environment, PersonView } from "@freehold/contract";
import { now, type Tx } from "@freehold/database";
import { newId } from "@freehold/values";
import { ENVIRONMENT } from "../world.ts";
import { record } from "../history/record.ts";
import { platformSpace } from "../space/policy.ts";

/** Parties and what they are: who signs in, who is staff. */
@Injectable()
export class PartyService {
  readonly #staff: ReadonlySet<string>;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.#staff = new Set(
      environment.STAFF_DIDS.split(",")
        .map((did) => did.trim())
        .filter((did) => did !== ""),
    );
  }

  /** The party behind a DID; made at its first sign-in. The handle is for display and follows the identity. */
  async welcome(tx: Tx, identity: { did: string; handle: string }): Promise<{ partyId: string }> {
    const at = await now(tx);
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`did:${identity.did}`}, 0))`;
    const known = await tx.identity.findFirst({ where: { kind: "did", value: identity.did, validUntil: null } });
    const partyId = known?.partyId ?? newId();
    if (known === null) {
      await tx.party.create({ data: { id: partyId, name: nameFrom(identity.handle), firstSeenAt: at } });
      await tx.identity.create({
        data: { id: newId(), partyId, value: identity.did, handle: identity.handle, validFrom: at },
      });
      await record(tx, {
        subjectType: "party",
        subjectId: partyId,
        by: { partyId, as: "anyone" },
        move: "arrive",
        from: null,
        to: "here",
      });
    } else if (known.handle !== identity.handle) {
      await tx.identity.update({ where: { id: known.id }, data: { handle: identity.handle } });
      await tx.party.update({ where: { id: partyId }, data: { name: nameFrom(identity.handle) } });
    }
    if (this.#staff.has(identity.did)) await this.#makeStaff(tx, partyId, at);
    return { partyId };
  }

  async #makeStaff(tx: Tx, partyId: string, at: Date): Promise<void> {
    const { spaceId } = await platformSpace(tx);
    await tx.role.createMany({
      data: [{ id: newId(), spaceId, partyId, role: "staff", source: "founding", validFrom: at }],
      skipDuplicates: true,
    });
  }

  async isStaff(tx: Tx, partyId: string): Promise<boolean> {
    const { spaceId } = await platformSpace(tx);
    return (await tx.role.count({ where: { spaceId, partyId, role: "staff", validUntil: null } })) > 0;
  }

  /** How many notices the party has not read, at most 100. */
  async unread(tx: Tx, partyId: string): Promise<number> {
    const rows = await tx.notice.findMany({ where: { partyId, readAt: null }, select: { id: true }, take: 100 });
    return rows.length;
  }
}

/** The first label of a handle is how pages call a person. */
const nameFrom = (handle: string): string => handle.split(".")[0] ?? handle;

/** Takes a party's row, after its proposal's: limits that reach over proposals are then counted one request at a time. */
export async function lockParty(tx: Tx, partyId: string): Promise<void> {
  await tx.$executeRaw`SELECT 1 FROM party WHERE id = ${partyId}::uuid FOR NO KEY UPDATE`;
}

/** Parties as others see them, by id. */
export async function peopleById(tx: Tx, ids: Iterable<string>): Promise<Map<string, PersonView>> {
  const rows = await tx.party.findMany({
    where: { id: { in: [...new Set(ids)] } },
    include: { identities: { where: { validUntil: null }, take: 1 } },
  });
  return new Map(
    rows.map((row) => [row.id, { id: row.id, name: row.name, handle: row.identities[0]?.handle ?? row.name }]),
  );
}

/** One party as others see it. */
export async function personById(tx: Tx, id: string): Promise<PersonView> {
  const person = (await peopleById(tx, [id])).get(id);
  if (person === undefined) throw new Error(`party ${id} does not exist`);
  return person;
}

/** Parties known to belong to the same owner as one of these, themselves included. */
export async function sameOwners(tx: Tx, partyIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.link.findMany({
    where: {
      validUntil: null,
      OR: [{ partyId: { in: [...partyIds] } }, { otherPartyId: { in: [...partyIds] } }],
    },
  });
  return new Set([...partyIds, ...rows.flatMap((row) => [row.partyId, row.otherPartyId])]);
}
