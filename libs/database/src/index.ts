export { Database, now, sqlState, type Tx } from "./database.ts";
export { enqueue, type OutboxRow, relayOutbox } from "./outbox.ts";
export { Prisma } from "./generated/client.ts";
export type * from "./generated/models.ts";
