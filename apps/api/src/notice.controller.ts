import { Controller } from "@nestjs/common";
import { Database } from "@freehold/database";
import { NoticeQueries } from "@freehold/journey";
import { Door, Query, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

@Controller()
export class NoticeController {
  constructor(
    private readonly database: Database,
    private readonly notices: NoticeQueries,
  ) {}

  @Door("notices")
  page(@Visitor() who: SignedIn, @Query() { after }: { after?: string }) {
    return this.notices.page(who.partyId, after);
  }

  @Door("readNotices")
  async read(@Visitor() who: SignedIn) {
    await this.database.transact((tx) => this.notices.read(tx, who.partyId));
    return { done: true };
  }
}
