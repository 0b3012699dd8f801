import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { EvidenceFile } from "@freehold/forge-verify";
import { expect } from "@playwright/test";

const execute = promisify(execFile);
const command = path.join(import.meta.dirname, "../../libs/forge-verify/src/main.ts");

/** Downloads what a release's page offers, as a reader would, and goes through all of it on this machine. */
export async function expectVerifiable(page: string): Promise<void> {
  const { origin, pathname } = new URL(page);
  const folder = mkdtempSync(path.join(tmpdir(), "freehold-e2e-proof-"));
  const fetched = async (address: string, name: string) => {
    const answer = await fetch(origin + address);
    expect([address, answer.status]).toEqual([address, 200]);
    const file = path.join(folder, name);
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    return file;
  };
  try {
    const evidence = await fetched(`/api${pathname}/evidence`, "evidence.json");
    const bundle = await fetched(`/api${pathname}/bundle`, "code.bundle");
    const keys = await fetched("/api/claim-keys", "keys.json");
    const { reports } = JSON.parse(readFileSync(evidence, "utf8")) as EvidenceFile;
    const hash = reports[0]!.observations.flatMap(({ requests }) => requests).at(-1)!.bodySha256!;
    const answer = await fetched(`/api${pathname}/answers/${hash}`, "answer");
    expect(createHash("sha256").update(readFileSync(answer)).digest("hex")).toBe(hash);
    const strange = await fetch(`${origin}/api${pathname}/answers/${"0".repeat(64)}`);
    expect(strange.status, "only what a report of this release names").toBe(404);
    const told = await execute(process.execPath, [command, "replay", evidence, "--keys", keys, "--bundle", bundle]);
    expect(told.stdout).toContain("Everything holds: digests, chain and verdicts, signatures, the copy of the code.");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
