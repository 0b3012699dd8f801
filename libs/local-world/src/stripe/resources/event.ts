import { expand, flag, listOf, moment, paging, text, whole } from "../params.ts";
import type { EventRecord } from "../records.ts";
import { found, page, type Answer, type Route } from "../route.ts";
import { API_VERSION, EVENT_SECONDS, type World } from "../world.ts";
import { missing } from "../refusal.ts";

const V1 = "/v1/events";
const V2 = "/v2/core/events";
/** The event as read from the API; a thin event carries `data` here and not when it is posted. */
export function renderEvent(world: World, event: EventRecord): Answer {
  if (event.generation === "v2") {
    const { data } = JSON.parse(event.snapshot) as { data?: Answer };
    return { ...notification(event), ...(data === undefined ? {} : { data }) };
  }
  return {
    id: event.id,
    object: "event",
    ...(event.account === null ? {} : { account: event.account }),
    api_version: API_VERSION,
    created: event.created,
    data: {
      object: JSON.parse(event.snapshot) as Answer,
      ...(event.previous === null ? {} : { previous_attributes: event.previous }),
    },
    livemode: false,
    pending_webhooks: state(world, event) === "waiting" ? 1 : 0,
    request: event.request ?? { id: null, idempotency_key: null },
    type: event.type,
  };
}

/** What is posted to the listener. */
export function renderPosted(world: World, event: EventRecord): Answer {
  return event.generation === "v2" ? notification(event) : renderEvent(world, event);
}

function notification(event: EventRecord): Answer {
  return {
    id: event.id,
    object: "v2.core.event",
    created: new Date(event.created * 1000).toISOString(),
    livemode: false,
    ...(event.request?.idempotency_key
      ? {
          reason: {
            request: { id: event.request.id, idempotency_key: event.request.idempotency_key },
            type: "request",
          },
        }
      : {}),
    related_object: { id: event.object_id, type: "v2.core.account", url: `/v2/core/accounts/${event.object_id}` },
    type: event.type,
  };
}

const state = (world: World, event: EventRecord): string | undefined => world.store.get("delivery", event.id)?.state;
const matches = (type: string, wanted: string): boolean =>
  wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
const kept = (world: World, event: EventRecord): boolean => event.created > world.now - EVENT_SECONDS;

export const eventRoutes: Route[] = [
  {
    method: "GET",
    path: V1,
    type: "EventListParams",
    params: {
      ...paging,
      created: moment(),
      type: text(),
      types: listOf(text(), { max: 20 }),
      delivery_success: flag(),
    },
    answer: (world, _ids, params) => {
      const type = params["type"] as string | undefined;
      const types = params["types"] as string[] | undefined;
      const delivered = params["delivery_success"] as boolean | undefined;
      const [only] = types?.length === 1 ? types : [type];
      const exact = only !== undefined && !only.endsWith("*");
      const row = exact ? world.store.row("event", "type", only) : world.store.row("event");
      return page(world, "event", row, {
        noun: "event",
        url: V1,
        params,
        oldest: world.now - EVENT_SECONDS + 1,
        keep: (e) =>
          e.generation === "v1" &&
          e.account === (world.caller?.account ?? null) &&
          (type === undefined || matches(e.type, type)) &&
          (types === undefined || types.some((one) => matches(e.type, one))) &&
          (delivered === undefined || (state(world, e) !== "waiting" && state(world, e) !== "dropped") === delivered),
        render: (e) => renderEvent(world, e),
      });
    },
  },
  {
    method: "GET",
    path: `${V1}/:event`,
    type: "EventRetrieveParams",
    params: expand,
    answer: (world, ids) => {
      const event = found(world, "event", "event", ids["event"]!);
      if (event.generation !== "v1" || !kept(world, event)) throw missing("event", event.id);
      return renderEvent(world, event);
    },
  },
  {
    method: "GET",
    path: V2,
    params: { object_id: text(), limit: whole({ min: 1, max: 100 }), types: listOf(text()), page: text() },
    answer: (world, _ids, params) => {
      const limit = (params["limit"] as number | undefined) ?? 20;
      const object = params["object_id"] as string | undefined;
      const types = params["types"] as string[] | undefined;
      const all = [
        ...(object === undefined
          ? world.store.row("event", "generation", "v2")
          : world.store.row("event", "object_id", object)),
      ]
        .filter(
          (e) =>
            e !== null && e.generation === "v2" && kept(world, e) && (types === undefined || types.includes(e.type)),
        )
        .toReversed() as EventRecord[];
      const from = Number(params["page"] ?? 0);
      const rest = Object.entries({ object_id: object, limit: String(limit) }).flatMap(([k, v]) =>
        v === undefined ? [] : [`${k}=${encodeURIComponent(v)}`],
      );
      const link = (at: number): string | null =>
        at < 0 || at >= all.length ? null : `${V2}?${[...rest, `page=${at}`].join("&")}`;
      return {
        data: all.slice(from, from + limit).map((e) => renderEvent(world, e)),
        next_page_url: link(from + limit),
        previous_page_url: from === 0 ? null : link(Math.max(0, from - limit)),
      };
    },
  },
  {
    method: "GET",
    path: `${V2}/:event`,
    params: {},
    answer: (world, ids) => {
      const event = found(world, "event", "event", ids["event"]!);
      if (event.generation !== "v2" || !kept(world, event)) throw missing("event", event.id);
      return renderEvent(world, event);
    },
  },
];
