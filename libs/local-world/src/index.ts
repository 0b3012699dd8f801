export { startPostgres, type Postgres, type PostgresOptions } from "./postgres/index.ts";
export { startRedis, type LocalRedis } from "./redis/index.ts";
export {
  connectAtprotoNetwork,
  startAtprotoNetwork,
  type AtprotoNetwork,
  type AtprotoNetworkOptions,
} from "./atproto/index.ts";
export { people, type Account, type Part, type Person, type PersonName } from "./atproto/people.ts";
export * from "./forges/index.ts";
export { type LocalPreview, type PreviewState, startPreview } from "./preview/index.ts";
export * from "./stripe/index.ts";
export { freePort } from "./world/ports.ts";
export { windClock } from "./world/clock.ts";
export { startWorld, type World, type WorldOptions } from "./world/index.ts";
