import { Controller, Inject, Res } from "@nestjs/common";
import type { Environment, SessionView } from "@freehold/contract";
import { Database } from "@freehold/database";
import { ENVIRONMENT, PartyService } from "@freehold/journey";
import type { FastifyReply } from "fastify";
import { AnyVisitor, Door, Visitor } from "./http/door.ts";
import { isWindable } from "./clock.controller.ts";
import { Sessions, type SignedIn } from "./http/session.ts";

@Controller()
export class PartyController {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly party: PartyService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Door("session")
  async session(@AnyVisitor() who: SignedIn | null): Promise<SessionView> {
    const now = (await this.database.now()).toISOString();
    const windable = isWindable(this.environment);
    if (who === null) return { person: null, csrfToken: "", unreadNotices: 0, now, windable };
    const { partyId, csrfToken, did, handle, name } = who;
    return this.database.transact(async (tx) => ({
      person: { id: partyId, did, handle, name, staff: await this.party.isStaff(tx, partyId) },
      csrfToken,
      unreadNotices: await this.party.unread(tx, partyId),
      now,
      windable,
    }));
  }

  @Door("endSession")
  async endSession(@Visitor() who: SignedIn, @Res({ passthrough: true }) reply: FastifyReply) {
    await this.sessions.end(who, reply);
    return { done: true };
  }
}
