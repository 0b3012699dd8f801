/**
 * The world that a whole run stands in: an empty market with two api and two worker processes, in a temporary folder.
 * A program of its own, so that it runs as `npm start` does; it ends with the run, whatever becomes of that.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Database } from "@freehold/database";
import { Vault } from "@freehold/escrow";
import { startWorld } from "@freehold/local-world";
import type { Addresses } from "./addresses.ts";

/** $2,000 of the platform's own, as before a first pledge. */
const OWN_FUNDS_MINOR = 200_000;

// Not in the checkout: a run as root needs a folder that PostgreSQL's own user can reach.
const dataDir = mkdtempSync(path.join(tmpdir(), "freehold-e2e-"));
const giveUp = new AbortController();
process.once("SIGTERM", () => giveUp.abort());
process.once("disconnect", () => giveUp.abort());

try {
  const world = await startWorld({
    dataDir,
    ports: { web: 0, api: 0, worker: 0, plc: 0, pds: 0, github: 0, knot: 0, stripe: 0, preview: 0 },
    build: process.env["E2E_BUILD"] === "1",
    seed: false,
    api: 2,
    worker: 2,
    signal: giveUp.signal,
  });
  const { stripe, network } = world;
  const { github, knot } = world.forges;
  if (!stripe || !network || !github || !knot) throw new Error("The journeys want a world in which no part is real.");

  const database = new Database(world.database.appUrl, { application: "freehold journeys", connections: 2 });
  const vault = new Vault(database, {
    secretKey: String(world.environment["STRIPE_SECRET_KEY"]),
    webhookSecret: String(world.environment["STRIPE_WEBHOOK_SECRET"]),
    apiUrl: stripe.url,
  });
  await stripe.control.topUp(OWN_FUNDS_MINOR);
  await vault.movements.take();

  /** What does not agree, one sentence each: the books with themselves, and with what lies at the processor. */
  const proveBooks = async (): Promise<string[]> => {
    const { findings } = await vault.checkAndKeep();
    const [atProcessor, booked] = [await vault.ownFunds.atProcessor(), await vault.ownFunds.booked()];
    return atProcessor === booked.clearing
      ? findings
      : [...findings, `the processor holds ${atProcessor}, the books say ${booked.clearing}`];
  };
  const doors = createServer((_request, response) => {
    proveBooks().then(
      (findings) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(findings)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => doors.listen(0, "127.0.0.1", resolve));

  const addresses: Addresses = {
    web: world.url,
    pds: network.pdsUrl,
    stripe: stripe.url,
    github: github.webUrl,
    knot: knot.webUrl,
    preview: world.preview.url,
    books: `http://127.0.0.1:${(doors.address() as AddressInfo).port}`,
    dataDir,
  };
  process.send?.(addresses);

  await Promise.race([
    new Promise<void>((resolve) => giveUp.signal.addEventListener("abort", () => resolve(), { once: true })),
    world.lost.then((message) => process.stderr.write(`${message}\n`)),
  ]);
  doors.closeAllConnections();
  doors.close();
  await database.$disconnect();
  await world.stop();
} catch (error) {
  if (!giveUp.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
  if (process.connected) process.disconnect();
}
