import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scratchFolder } from "../scratch-folder.ts";
import { freePort } from "../world/ports.ts";
import { type AtprotoNetwork, connectAtprotoNetwork, startAtprotoNetwork } from "./index.ts";
import { people } from "./people.ts";

const folder = scratchFolder();
let plcPort: number;
let pdsPort: number;
let network: AtprotoNetwork & { close(): Promise<void> };

beforeAll(async () => {
  plcPort = await freePort();
  pdsPort = await freePort();
  const killed = await startElsewhere();
  const before = await connectAtprotoNetwork(`http://localhost:${plcPort}`, `http://localhost:${pdsPort}`);
  await before.createRecord("dave", "dev.freehold.test", "one", { text: "before" });
  killed.kill("SIGKILL");
  await once(killed, "exit");
  network = await startAtprotoNetwork({ dataDir: folder.path, plcPort, pdsPort });
  expect(network.people, "everybody is who they were before the SIGKILL").toEqual(before.people);
});

afterAll(async () => {
  await network.close();
  folder.remove();
});

async function startElsewhere() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "network-process.ts")], {
    env: {
      ...process.env,
      LOG_ENABLED: "0",
      PLC_PORT: String(plcPort),
      PDS_PORT: String(pdsPort),
      DATA_DIR: folder.path,
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const health = `http://localhost:${pdsPort}/xrpc/_health`;
  while (
    !(await fetch(health).then(
      (answer) => answer.ok,
      () => false,
    ))
  )
    await delay(50);
  return child;
}

test("each named person has an account, a DID at the directory and a handle that resolves", async () => {
  expect(Object.keys(network.people)).toEqual(people.map(({ name }) => name));
  const { alice } = network.people;
  const document = (await (await fetch(`${network.plcUrl}/${alice.did}`)).json()) as { alsoKnownAs: string[] };
  expect(document.alsoKnownAs).toEqual(["at://alice.test"]);
});

test("records outlive a SIGKILL, and their owner goes on writing", async () => {
  const { dave } = network.people;
  await network.createRecord(dave.did, "dev.freehold.test", "two", { text: "after" });
  const list = `${network.pdsUrl}/xrpc/com.atproto.repo.listRecords?repo=${dave.did}&collection=dev.freehold.test`;
  const { records } = (await (await fetch(list)).json()) as { records: { value: { text: string } }[] };
  expect(records.map(({ value }) => value.text).toSorted()).toEqual(["after", "before"]);
  await network.deleteRecord("dave", "dev.freehold.test", "two");
});

test("a newcomer needs no invitation, and signs in afterwards", async () => {
  const post = (method: string, body: object) =>
    fetch(`${network.pdsUrl}/xrpc/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const account = { handle: "newcomer.test", email: "newcomer@mail.test", password: "a password of mine" };
  expect((await post("com.atproto.server.createAccount", account)).status).toBe(200);
  const signedIn = await post("com.atproto.server.createSession", {
    identifier: account.handle,
    password: account.password,
  });
  expect(signedIn.status).toBe(200);
});

test("nobody is asked to write for somebody who is not there", async () => {
  await expect(network.createRecord("mallory", "dev.freehold.test", "x", {})).rejects.toThrow(
    /not one of the named people/,
  );
});
