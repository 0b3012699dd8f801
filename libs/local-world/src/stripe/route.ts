import type { Table } from "./params.ts";
import { invalid, missing } from "./refusal.ts";
import type { Kind, Kinds } from "./records.ts";
import type { World } from "./world.ts";

export type Params = Record<string, unknown>;
export type Answer = Record<string, unknown>;

/** One endpoint: its parameter table and what it does. `ids` are the path's named parts. */
export interface Route {
  method: "GET" | "POST";
  path: string;
  params: Table;
  answer: (world: World, ids: Record<string, string>, params: Params) => Answer;
  /** Name of the SDK's parameter type, with which validation compares the request. */
  type?: string;
}

export function pathOf(route: Route): RegExp {
  return new RegExp(`^${route.path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
}

/** The record, or Stripe's 404. */
export function found<K extends Kind>(
  world: World,
  kind: K,
  noun: string,
  id: string,
  param = "id",
  status = 404,
): Kinds[K] {
  const record = world.store.get(kind, id);
  if (record === undefined) throw missing(noun, id, param, status);
  return record;
}

/** `created` bounds as parsed by the `moment` rule. */
export function within(value: number, bounds: unknown): boolean {
  const b = (bounds ?? {}) as { gt?: number; gte?: number; lt?: number; lte?: number };
  return (
    (b.gt === undefined || value > b.gt) &&
    (b.gte === undefined || value >= b.gte) &&
    (b.lt === undefined || value < b.lt) &&
    (b.lte === undefined || value <= b.lte)
  );
}

/** A page of a kind, newest first, as every v1 list answers; `params` may bound `created`. */
export function page<K extends Kind>(
  world: World,
  kind: K,
  row: readonly (Kinds[K] | null)[],
  options: {
    noun: string;
    url: string;
    params: Params;
    keep?: (record: Kinds[K]) => boolean;
    render: (record: Kinds[K]) => Answer;
    /** Story seconds: what is older is not looked at. */
    oldest?: number;
  },
): Answer {
  const { params } = options;
  const limit = (params["limit"] as number | undefined) ?? 10;
  const after = params["starting_after"] as string | undefined;
  const before = params["ending_before"] as string | undefined;
  if (after !== undefined && before !== undefined) {
    throw invalid("You may only specify one of these parameters: starting_after, ending_before.");
  }
  const placeOf = (id: string, param: string): number => {
    const place = world.store.place(kind, row, id);
    if (place < 0) throw missing(options.noun, id, param, 400);
    return place;
  };
  const bounds = (params["created"] ?? {}) as { gt?: number; gte?: number };
  // Lists are in order of creation: what lies beyond the lower bound need not be looked at.
  const oldest = Math.max(options.oldest ?? 0, bounds.gte ?? 0, bounds.gt === undefined ? 0 : bounds.gt + 1);
  const data: Answer[] = [];
  let more = false;
  const step = before === undefined ? -1 : 1;
  let i =
    before !== undefined
      ? placeOf(before, "ending_before") + 1
      : (after !== undefined ? placeOf(after, "starting_after") : row.length) - 1;
  for (; i >= 0 && i < row.length; i += step) {
    const record = row[i];
    if (!record) continue;
    const { created } = record as unknown as { created: number };
    if (created < oldest && step === -1) break;
    if (created < oldest || !within(created, params["created"]) || (options.keep && !options.keep(record))) continue;
    if (data.length === limit) {
      more = true;
      break;
    }
    data.push(options.render(record));
  }
  if (step === 1) data.reverse();
  return { object: "list", data, has_more: more, url: options.url };
}

export function list(data: Answer[], url: string): Answer {
  return { object: "list", data, has_more: false, url };
}

/** Metadata as updated: an empty value removes its key. */
export function merged(old: Record<string, string>, change: unknown): Record<string, string> {
  const out = { ...old, ...(change as Record<string, string> | undefined) };
  for (const [key, value] of Object.entries(out)) if (value === "") delete out[key];
  return out;
}
