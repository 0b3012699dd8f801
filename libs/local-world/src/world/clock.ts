import pg from "pg";

const units = { d: "days", h: "hours", m: "minutes" } as const;

/** `+14d`, `+3h` or `+30m` as a PostgreSQL interval. Refuses everything else: the story never runs backwards. */
export function parseShift(text: string): string {
  const [, amount, unit] = /^\+(\d{1,5})([dhm])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new Error(`"${text}" is no step forward. Write +14d, +3h or +30m.`);
  }
  return `${amount} ${units[unit as keyof typeof units]}`;
}

/** Winds the story's clock forward by an interval; returns the time it shows then. */
export async function windClock(ownerUrl: string, interval: string): Promise<Date> {
  return withOwner(ownerUrl, async (client) => {
    await client.query("UPDATE clock_offset SET shift = shift + $1::interval WHERE id = 1", [interval]);
    return readClock(client);
  });
}

/** What the story's clock shows, and how far it is ahead of the system's. */
export async function readStoryTime(ownerUrl: string): Promise<{ now: Date; ahead: string }> {
  return withOwner(ownerUrl, async (client) => {
    const { rows } = await client.query<{ ahead: string }>("SELECT shift::text AS ahead FROM clock_offset");
    return { now: await readClock(client), ahead: rows[0]?.ahead ?? "00:00:00" };
  });
}

async function readClock(client: pg.Client): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>("SELECT clock_now() AS now");
  return rows[0]?.now ?? new Date();
}

async function withOwner<T>(ownerUrl: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
