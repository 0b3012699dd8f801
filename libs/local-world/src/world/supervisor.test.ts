import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { scratchFolder } from "../scratch-folder.ts";
import { freePort } from "./ports.ts";
import { Supervisor } from "./supervisor.ts";

const folder = scratchFolder();
const program = path.join(folder.path, "service.mjs");
writeFileSync(
  program,
  `import { createServer } from "node:http";
   if (process.env.FAIL) throw new Error("nothing to serve");
   createServer((_request, response) => response.end(String(process.pid))).listen(Number(process.env.PORT), "127.0.0.1");`,
);
afterAll(() => folder.remove());

async function serviceOn(port: number, name = "one", more: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, PORT: String(port), ...more };
  return { name, args: [program], cwd: folder.path, env, health: `http://127.0.0.1:${port}/` };
}

const pidAt = async (port: number) => Number(await (await fetch(`http://127.0.0.1:${port}/`)).text());
const never = new AbortController().signal;

test("a service that is killed on purpose can be started again, and nobody is alarmed", async () => {
  const losses: string[] = [];
  const supervisor = new Supervisor(path.join(folder.path, "logs"), never, (message) => losses.push(message));
  const port = await freePort();
  await supervisor.start(await serviceOn(port));
  const before = await pidAt(port);
  await supervisor.kill("one");
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  await supervisor.restart("one");
  const after = await pidAt(port);
  expect(after).not.toBe(before);
  await supervisor.restart("one");
  expect(await pidAt(port)).not.toBe(after);
  await supervisor.stop();
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  expect(losses).toEqual([]);
});

test("a service that ends by itself is reported with its name", async () => {
  const loss = Promise.withResolvers<string>();
  const supervisor = new Supervisor(path.join(folder.path, "logs"), never, loss.resolve);
  const port = await freePort();
  await supervisor.start(await serviceOn(port));
  process.kill(await pidAt(port), "SIGKILL");
  expect(await loss.promise).toMatch(/^one ended \(SIGKILL\)/);
  await supervisor.stop();
});

test("a service that does not come up says why", async () => {
  const supervisor = new Supervisor(path.join(folder.path, "logs"), never, () => undefined);
  const broken = await serviceOn(await freePort(), "broken", { FAIL: "1" });
  await expect(supervisor.start(broken)).rejects.toThrow(/broken did not become ready[^]*nothing to serve/);
});
