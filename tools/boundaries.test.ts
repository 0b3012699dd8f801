import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { root, run } from "./run.ts";

/** A copy of the checkout as git has it, without any cache: what somebody has who just cloned it. */
const clone = mkdtempSync(path.join(tmpdir(), "freehold-clone-"));
const written: string[] = [];

beforeAll(async () => {
  const { output } = await run(["git", "ls-files", "-co", "--exclude-standard", "-z"]);
  for (const file of output.split("\0").filter(Boolean)) {
    mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(clone, file), { force: true });
  }
  installInto(clone);
});

/** Every package as it is installed here, except that our own lead to the clone's folders. */
function installInto(folder: string): void {
  const own = path.join(folder, "node_modules/@freehold");
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(path.join(root, "node_modules"))) {
    if (name !== "@freehold")
      symlinkSync(path.join(root, "node_modules", name), path.join(folder, "node_modules", name));
  }
  for (const name of readdirSync(path.join(root, "node_modules/@freehold"))) {
    const target = path.relative(root, realpathSync(path.join(root, "node_modules/@freehold", name)));
    symlinkSync(path.join(folder, target), path.join(own, name));
  }
}

afterEach(() => {
  for (const file of written.splice(0)) rmSync(file);
  rmSync(path.join(clone, ".nx"), { recursive: true, force: true });
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
  writeFileSync(path.join(clone, file), text);
  written.push(path.join(clone, file));
}

/** The very commands of package.json, in the clone. */
const script = (name: string) =>
  run(["npm", "run", "--silent", name], { cwd: clone, env: { NX_WORKSPACE_ROOT_PATH: clone } });

test("the lint command refuses imports that the tags forbid, on a clone without Nx's cache", async () => {
  write("libs/escrow/src/forbidden.ts", 'export * from "@freehold/contract";\n');
  write("apps/web/app/forbidden.ts", 'export * from "@freehold/journey";\n');
  write("libs/forge-verify/src/forbidden.ts", 'export * from "../../database/src/index.ts";\n');
  const { code, output } = await script("lint");
  expect(code).not.toBe(0);
  expect(output).toMatch(/A project tagged with "vault" can only depend on libs tagged with "values", "database"/);
  expect(output).toMatch(/A project tagged with "door:web" can only depend on libs tagged with "contract", "values"/);
  expect(output).toMatch(/Projects cannot be imported by a relative or absolute path/);
});

test("a room may look back but not forward, and money is moved in the vault alone", async () => {
  write("libs/journey/src/proposal/forbidden.ts", 'export * from "../pledge/forbidden.ts";\n');
  write("libs/journey/src/pledge/forbidden.ts", 'import Stripe from "stripe";\nexport const key = Stripe;\n');
  write("libs/journey/src/settlement/allowed.ts", 'export * from "../pledge/forbidden.ts";\n');
  write("libs/journey/src/drawer/forbidden.ts", 'export * from "../index.ts";\n');
  write("libs/values/src/forbidden.ts", 'export * from "@nestjs/common";\n');
  write("libs/escrow/src/forbidden.ts", 'export * from "@freehold/testing";\n');
  const { code, output } = await script("boundaries");
  expect(code).not.toBe(0);
  expect(output).toMatch(/look-back-proposal: libs\/journey\/src\/proposal\/forbidden\.ts/);
  expect(output).toMatch(/stripe-only-in-the-vault: libs\/journey\/src\/pledge\/forbidden\.ts/);
  expect(output).toMatch(/room-without-a-place: libs\/journey\/src\/drawer\/forbidden\.ts/);
  expect(output).toMatch(/no-nest-in-pure-parts: libs\/values\/src\/forbidden\.ts/);
  expect(output).toMatch(/world-stays-local: libs\/escrow\/src\/forbidden\.ts/);
  expect(output).not.toMatch(/settlement\/allowed\.ts → libs\/journey\/src\/pledge/);
});
