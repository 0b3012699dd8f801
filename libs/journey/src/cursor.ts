import { refusal } from "@freehold/contract";
import { isId } from "@freehold/values";

const notOurs = () => refusal("request_invalid", "That is not a place in this list.");

/** A place in a list ordered by id, newest first (ids are time-ordered): keyset pagination, never an offset. */
export function readPlace(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  if (!isId(text)) throw notOurs();
  return text;
}

/** A place in a list ordered by a whole number and an id. */
export const writeRank = (rank: bigint, id: string): string => `${rank}_${id}`;

/** Refuses request_invalid what we did not write. */
export function readRank(text: string | undefined): { rank: bigint; id: string } | null {
  if (text === undefined || text === "") return null;
  const found = /^(\d{1,18})_([0-9a-f-]{36})$/.exec(text);
  if (found === null || !isId(found[2]!)) throw notOurs();
  return { rank: BigInt(found[1]!), id: found[2]! };
}
