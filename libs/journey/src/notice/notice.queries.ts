import { Injectable } from "@nestjs/common";
import type { NoticesView } from "@freehold/contract";
import { Database, type Tx } from "@freehold/database";
import { readPlace } from "../cursor.ts";

const PAGE = 30;

/** A party's notices, newest first. */
@Injectable()
export class NoticeQueries {
  constructor(private readonly database: Database) {}

  async page(partyId: string, after?: string): Promise<NoticesView> {
    const place = readPlace(after);
    const rows = await this.database.notice.findMany({
      where: { partyId, ...(place === null ? {} : { id: { lt: place } }) },
      orderBy: { id: "desc" },
      take: PAGE + 1,
    });
    const shown = rows.slice(0, PAGE);
    const last = shown.at(-1);
    return {
      notices: shown.map((row) => ({
        id: row.id,
        kind: row.kind,
        sentence: row.sentence,
        path: row.path,
        at: row.createdAt.toISOString(),
        read: row.readAt !== null,
      })),
      next: rows.length > PAGE && last !== undefined ? last.id : null,
    };
  }

  /** Marks everything as read. */
  async read(tx: Tx, partyId: string): Promise<void> {
    await tx.$executeRaw`UPDATE notice SET read_at = clock_now() WHERE party_id = ${partyId}::uuid AND read_at IS NULL`;
  }
}
