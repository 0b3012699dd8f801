import { licenceText } from "@freehold/local-world";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { licence } from "./checks/licence.ts";
import { changesSince } from "./git/changes.ts";
import { GitJail } from "./git/jail.ts";
import { Mirror } from "./git/mirror.ts";
import { standardLimits } from "./verifier-options.ts";
import { asks, failed, passes, StoriesOnGitHub, type Story } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
let story: Story;
let start: string;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
  story = await world.begin();
  start = await world.head(story);
});
afterAll(() => world.close());

type Files = Record<string, string | null>;
/** One story for all: each set of files is pushed over the one before. */
async function looked(files: Files, more: Parameters<StoriesOnGitHub["verify"]>[2] = {}) {
  const given = { "feature.js": "export const feature = true;\n", ...files };
  const commit = await world.github.forcePush({ ...story.at, branch: "main", to: start, files: given });
  return world.verify(story, commit, more);
}

/** The check alone, on the forge's own repository: quicker than a whole look. */
async function judged(files: Files) {
  const given = { "feature.js": "export const feature = true;\n", ...files };
  const bare = world.github.bare(story.at);
  const commit = await bare.forcePush({ branch: "main", to: start, files: given });
  const copy = new Mirror(bare.dir, new GitJail(world.folder), standardLimits);
  const facts = await licence.observe(copy, commit, changesSince(copy, commit, [start]));
  const outcome = licence.judge(facts, { phase: "release", sealed: false });
  if (outcome.kind === "fail") return failed(outcome.code);
  return outcome.kind === "needs_human"
    ? asks(outcome.reason)
    : { kind: outcome.kind === "ok" ? "pass" : outcome.kind };
}

const mit = licenceText("MIT", "dave");
const apache = licenceText("Apache-2.0", "dave");
const sspl = licenceText("SSPL-1.0", "d");
const commonsClause =
  '"Commons Clause" License Condition v1.0\n\nThe Software is provided to you by the Licensor under the License, subject to the following condition: the grant of rights does not include the right to Sell the Software.\n';
const ambiguous = asks("license_ambiguous");
const notAllowed = failed("license_not_allowed");

describe("the licence at the released commit", () => {
  it.each<[string, Files, object]>([
    ["no licence file", { LICENSE: null }, failed("license_missing")],
    [
      "a package that says MIT, and no licence file",
      { LICENSE: null, "package.json": '{"license":"MIT"}' },
      failed("license_missing"),
    ],
    ["a licence in a folder further down only", { LICENSE: null, "docs/LICENSE": mit }, failed("license_missing")],
    [
      "case 19: MIT with one 'not' inserted",
      { LICENSE: mit.replace("hereby granted", "hereby not granted") },
      ambiguous,
    ],
    [
      "MIT with terms in the copyright line",
      { LICENSE: mit.replace(/^(Copyright.*)$/m, "$1. Commercial use is not permitted.") },
      ambiguous,
    ],
    ["MIT without its last sentence", { LICENSE: mit.slice(0, mit.indexOf("THE SOFTWARE IS")) }, notAllowed],
    ["case 20: MIT and the Commons Clause", { LICENSE: `${mit}\n${commonsClause}` }, notAllowed],
    ["MIT, and the Commons Clause in a file beside it", { "COMMONS-CLAUSE.md": commonsClause }, notAllowed],
    [
      "MIT, and a readme that forbids commercial use",
      { "README.md": "# X\n\nCommercial use requires a licence.\n" },
      ambiguous,
    ],
    [
      "MIT, and a patent file that takes rights back",
      { PATENTS: "This licence terminates automatically if you sue.\n" },
      ambiguous,
    ],
    ["case 20: the Business Source Licence", { LICENSE: licenceText("BUSL-1.1", "dave") }, notAllowed],
    ["all rights reserved", { LICENSE: "Copyright 2026 dave. All rights reserved.\n" }, notAllowed],
    ["case 20: NOASSERTION", { LICENSE: "NOASSERTION\n" }, notAllowed],
    ["an empty licence file", { LICENSE: "" }, notAllowed],
    ["a licence file of 5 MB", { LICENSE: mit + " ".repeat(5_000_000) }, notAllowed],
    ["two licences in one file", { LICENSE: `${mit}\n${apache}` }, ambiguous],
    ["a package that says UNLICENSED", { "package.json": '{"license":"UNLICENSED"}' }, ambiguous],
    [
      "case 20: MIT and SSPL, both",
      { "LICENSE-SSPL": sspl, "package.json": '{"license":"(MIT AND SSPL-1.0)"}' },
      notAllowed,
    ],
    ["MIT and SSPL, and nobody says how", { "LICENSE-SSPL": sspl }, notAllowed],
    [
      "case 20: MIT or SSPL, as one chooses",
      { "LICENSE-SSPL": sspl, "package.json": '{"license":"(MIT OR SSPL-1.0)"}' },
      passes,
    ],
    [
      "MIT or Apache, as Rust people do",
      {
        LICENSE: null,
        "LICENSE-MIT": mit,
        "LICENSE-APACHE": apache,
        "Cargo.toml": '[package]\nlicense = "MIT OR Apache-2.0"\n',
      },
      passes,
    ],
    [
      "REUSE: texts in LICENSES, headers in files",
      { LICENSE: null, "LICENSES/MIT.txt": mit, "feature.js": "// SPDX-License-Identifier: MIT\n" },
      passes,
    ],
    ["LICENSE.md with a heading", { LICENSE: null, "LICENSE.md": `# MIT License\n\n${mit}` }, passes],
    ["Windows line ends and a byte order mark", { LICENSE: `\uFEFF${mit.replaceAll("\n", "\r\n")}` }, passes],
    ["a text that is struck through", { LICENSE: null, "LICENSE.md": `~~${mit.trim()}~~\n` }, ambiguous],
    ["a text that a page would not show", { LICENSE: null, "LICENSE.md": `<!--\n${mit}\n-->\n` }, ambiguous],
    [
      "a changed file under the Business Source Licence",
      { "src/x.js": "// SPDX-License-Identifier: BUSL-1.1\n" },
      notAllowed,
    ],
    [
      "a changed file under a licence of its own",
      { "src/x.c": "/* SPDX-License-Identifier: LicenseRef-Mine */\n" },
      ambiguous,
    ],
    [
      "a changed file under another open licence",
      { "src/x.c": "/* SPDX-License-Identifier: GPL-3.0-only */\n" },
      ambiguous,
    ],
    ["a changed file that lets one choose", { "src/x.c": "/* SPDX-License-Identifier: MIT OR GPL-2.0 */\n" }, passes],
    ["a changed package that says something else", { "packages/x/package.json": '{"license":"BUSL-1.1"}' }, ambiguous],
    [
      "a Python project that says something else",
      { "pyproject.toml": '[project]\nlicense = { text = "Proprietary" }\n' },
      ambiguous,
    ],
  ])("%s", async (name, files, verdict) => {
    if (name.startsWith("case")) expect((await looked(files)).verdict).toEqual(verdict);
    else expect(await judged(files)).toEqual(verdict);
  });

  it("is read through a link within the repository, and not through one that leads out, a folder or a submodule", async () => {
    const bare = world.github.bare(story.at);
    const link = (to: string) => bare.git(["hash-object", "-w", "--stdin"], { input: to });
    await looked({ LICENSE: null, "legal/mit.txt": mit });
    const inside = await world.commitEntries(story, [`120000 blob ${await link("legal/mit.txt")}\tLICENSE`]);
    expect((await world.verify(story, inside)).verdict).toEqual(passes);
    for (const to of ["../../etc/passwd", "/etc/passwd", "nothing", "LICENSE"]) {
      const outside = await world.commitEntries(story, [`120000 blob ${await link(to)}\tLICENSE`]);
      expect((await world.verify(story, outside)).verdict).toEqual(notAllowed);
    }
    const submodule = await world.commitEntries(story, [`160000 commit ${start}\tLICENSE`]);
    expect((await world.verify(story, submodule)).checks[6]?.outcome).toBe("fail");
    expect((await looked({ LICENSE: null, "LICENSE/why.txt": "Because.\n" })).verdict).toEqual(notAllowed);
  });

  it("is read in the letters it is written in: UTF-16 counts, letters that only look alike do not", async () => {
    const bare = world.github.bare(story.at);
    const wide = await bare.git(["hash-object", "-w", "--stdin"], { input: Buffer.from(`\uFEFF${mit}`, "utf16le") });
    await looked({});
    const commit = await world.commitEntries(story, [`100644 blob ${wide}\tLICENSE`]);
    expect((await world.verify(story, commit)).verdict).toEqual(passes);
    const cyrillic = mit.replace("without restriction", "with\u043eut restriction");
    expect((await looked({ LICENSE: cyrillic })).verdict).toEqual(ambiguous);
    const split = mit.replace("without restriction", "without re\u200bstriction");
    expect((await looked({ LICENSE: split })).verdict).toEqual(ambiguous);
  });

  it("must be one that the terms allow, the GPL family by its versions", async () => {
    const agpl = ["AGPL-3.0-only", "AGPL-3.0-or-later"];
    expect((await looked({}, { allowedLicences: agpl })).verdict).toEqual(notAllowed);
    const text = { LICENSE: licenceText("AGPL-3.0-only", "dave") };
    const report = await looked(text, { allowedLicences: agpl });
    expect([report.verdict.kind, report.licence]).toEqual(["pass", "AGPL-3.0-only"]);
    const gpl = ["GPL-3.0-only", "GPL-3.0-or-later"];
    expect((await looked(text, { allowedLicences: gpl })).verdict).toEqual(notAllowed);
    const later = { ...text, "package.json": '{"license":"AGPL-3.0-or-later"}' };
    expect((await looked(later, { allowedLicences: agpl })).licence).toBe("AGPL-3.0-or-later");
  });

  it("stays good when later commits change it", async () => {
    await looked({});
    const commit = await world.head(story);
    await world.publish(story, { LICENSE: licenceText("BUSL-1.1", "dave") });
    expect((await world.verify(story, commit, { phase: "recheck" })).verdict).toEqual(passes);
  });
});
