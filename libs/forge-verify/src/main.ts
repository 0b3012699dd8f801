#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { explain } from "./explain.ts";
import { replay, type EvidenceFile } from "./replay.ts";
import { replayBundle } from "./replay-bundle.ts";
import { signatureFaults, type PublicKeys } from "./signature.ts";

const usage = `forge-verify replay EVIDENCE.json [--keys KEYS] [--bundle CODE.bundle]

Works out again, from the stored evidence alone, what was said about a release.
  EVIDENCE.json  the evidence as downloaded from the release's page
  --keys         the public keys that signed it: a file or an https address (/api/claim-keys of the site)
  --bundle       the copy of the code as downloaded from there: its commit, files and licence are read again
`;

/** 0: everything holds. 1: something does not. 2: the question was not understood. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { keys: { type: "string" }, bundle: { type: "string" }, help: { type: "boolean" } },
  });
  const [command, name, ...more] = positionals;
  if (values.help) return say(usage, 0);
  if (command !== "replay" || name === undefined || more.length > 0) return say(usage, 2);
  const file = JSON.parse(await readFile(name, "utf8")) as EvidenceFile;
  if (file.kind !== "freehold/evidence/v1") return say(`${name} is not evidence that this version can read.\n`, 2);
  const { faults, remarks, verdicts, newest } = replay(file);
  for (const { at, phase, verdict } of verdicts) say(`${at}  ${phase.padEnd(8)} ${explain(verdict)}\n`, 0);
  if (values.keys !== undefined) faults.push(...signatureFaults(file, await readKeys(values.keys)));
  if (values.bundle !== undefined) {
    const report = file.reports.findLast((one) => one.observations.some(({ check }) => check === "preserved"));
    faults.push(...(report ? await replayBundle(values.bundle, report) : ["No report speaks of a kept copy."]));
  }
  for (const remark of remarks) say(`NOTE  ${remark}\n`, 0);
  say(`Newest link: ${newest ?? "none"}. It has to be the one on the release's page.\n`, 0);
  const checked = ["digests, chain and verdicts", values.keys && "signatures", values.bundle && "the copy of the code"];
  if (faults.length === 0) return say(`Everything holds: ${checked.filter(Boolean).join(", ")}.\n`, 0);
  return say(faults.map((fault) => `DOES NOT HOLD  ${fault}\n`).join(""), 1);
}

async function readKeys(place: string): Promise<PublicKeys> {
  if (!/^https?:/.test(place)) return JSON.parse(await readFile(place, "utf8")) as PublicKeys;
  const answer = await fetch(place, { signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(`${place} answers ${answer.status}`);
  return (await answer.json()) as PublicKeys;
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = say(`${error instanceof Error ? error.message : String(error)}\n`, 2);
}
