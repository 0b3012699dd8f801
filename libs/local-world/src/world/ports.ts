import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What listens on a port in the local world, in words for people. */
const listeners = {
  web: "the web server",
  api: "the api",
  worker: "the worker's health check",
  plc: "the PLC directory",
  pds: "the ATProto host",
  github: "the local GitHub",
  knot: "the local Tangled knot",
  stripe: "the Stripe simulator",
  preview: "the local previews",
} as const;

export type Listener = keyof typeof listeners;
export type Ports = Record<Listener, number>;

/** These stand in records that are kept (accounts, repository addresses, payment pages), so they never change. */
const fixed: readonly Listener[] = ["plc", "pds", "github", "knot", "stripe", "preview"];

/** A process that was killed needs a moment until its children have let go of their ports. */
const patienceMs = 12_000;

/**
 * The ports of one data folder. The first start chooses them; later starts use the same again. The web server prefers 4000 and steps
 * over ports that are taken; so do all whose port is not written down elsewhere. A fixed port that is taken is refused by name.
 */
export async function keepPorts(
  file: string,
  dataDir: string,
  wanted: Partial<Ports>,
  waitMs = patienceMs,
): Promise<Ports> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Ports>) : {};
  // Checkouts that run side by side start to look at different places; all are below the ports that systems hand out.
  const base = 20_000 + (createHash("sha256").update(dataDir).digest().readUInt16BE(0) % 1000) * 10;
  const ports: Partial<Ports> = {};
  for (const listener of fixed) {
    const port = kept[listener];
    if (port === undefined) continue;
    await waitForFixed(listener, port, waitMs);
    ports[listener] = port;
  }
  for (const [index, listener] of (Object.keys(listeners) as Listener[]).entries()) {
    const first = wanted[listener] ?? kept[listener] ?? (listener === "web" ? 4000 : base + index);
    ports[listener] ??= await stepOver(first, Object.values(ports));
  }
  writeFileSync(file, `${JSON.stringify(ports, undefined, 2)}\n`);
  return ports as Ports;
}

async function waitForFixed(listener: Listener, port: number, waitMs: number): Promise<void> {
  for (const until = Date.now() + waitMs; Date.now() < until;) {
    if (await portIsFree(port)) return;
    await delay(200);
  }
  throw new Error(
    `Port ${port} (${listeners[listener]}) is taken by another program. The records of this local world name that port, so it cannot ` +
      "move: end the other program, or begin anew with: npm run world:reset",
  );
}

async function stepOver(first: number, taken: number[]): Promise<number> {
  if (first === 0) return freePort();
  for (let port = first; port < first + 100; port++) {
    if (!taken.includes(port) && (await portIsFree(port))) return port;
  }
  throw new Error(`All ports from ${first} to ${first + 99} are taken.`);
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Whether a server could listen on this port of 127.0.0.1, and of `localhost` where that means something else. */
export async function portIsFree(port: number): Promise<boolean> {
  return (await canListen(port, "127.0.0.1")) && (await canListen(port, "localhost"));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    // A machine without IPv6 may still resolve localhost to it; that says nothing about the port.
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code !== "EADDRINUSE" && error.code !== "EACCES"),
    );
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
