import { licenceText } from "@freehold/local-world";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { licence } from "./checks/licence.ts";
import type { Outcome } from "./checks/outcome.ts";
import { changesSince } from "./git/changes.ts";
import { GitJail } from "./git/jail.ts";
import { Mirror } from "./git/mirror.ts";
import { standardLimits } from "./verifier-options.ts";
import { author, StoriesOnGitHub, type Story } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const mit = licenceText("MIT", "dave");
const apache = licenceText("Apache-2.0", "dave");
const busl = licenceText("BUSL-1.1", "dave");
const cc0 = licenceText("CC0-1.0", "dave");
const ccBy = licenceText("CC-BY-4.0", "dave");
const enterprise =
  "The Enterprise License. Copyright (c) 2026 Dave.\nYou may not use this software in production without a paid subscription.\n";
const code = "export const f = 1;\n";
const under = (path: string, id: string) =>
  `version = 1\n\n[[annotations]]\npath = "${path}"\nSPDX-FileCopyrightText = "2026 Dave"\nSPDX-License-Identifier = "${id}"\n`;

type Files = Record<string, string | null>;
let world: StoriesOnGitHub;
let story: Story;
let start: string;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
  // Old files, with an MIT licence at the root.
  story = await world.begin({
    files: { "old/LICENSE": enterprise, "old/x.js": code, "shop/package.json": '{"license":"UNLICENSED"}' },
  });
  start = await world.head(story);
});
afterAll(() => world.close());

async function read(files: Files, raw: readonly [link: string, at: string][] = []) {
  const bare = world.github.bare(story.at);
  const given = { "feature.js": code, ...files };
  let commit = await bare.forcePush({ branch: "main", to: start, files: given });
  if (raw.length > 0) {
    const index = { ...author, GIT_INDEX_FILE: `${world.folder}/index-${commit}` };
    await bare.git(["read-tree", commit], { env: index });
    for (const [to, at] of raw) {
      const oid = await bare.git(["hash-object", "-w", "--stdin"], { input: to });
      await bare.git(["update-index", "--add", "--cacheinfo", `120000,${oid},${at}`], { env: index });
    }
    const tree = await bare.git(["write-tree"], { env: index });
    commit = await bare.git(["commit-tree", tree, "-p", commit, "-m", "Links"], { env: author });
  }
  const copy = new Mirror(bare.dir, new GitJail(world.folder), standardLimits);
  return licence.observe(copy, commit, changesSince(copy, commit, [start]));
}
const judged = async (...given: Parameters<typeof read>): Promise<Outcome> =>
  licence.judge(await read(...given), { phase: "release", sealed: false });

describe("under MIT at the root, what stands around the changed files", () => {
  it.each<[string, Files, Outcome["kind"], RegExp?]>([
    ["a folder under terms of its own", { "ee/LICENSE": enterprise, "ee/f.js": code }, "fail", /ee\/LICENSE/],
    ["a folder under the Business Source Licence", { "ee/LICENSE": busl, "ee/f.js": code }, "fail", /BUSL-1.1/],
    ["a file deep in such a folder", { "ee/LICENSE.md": busl, "ee/a/b/f.js": code }, "fail", /ee\/LICENSE.md/],
    ["an old folder under terms of its own, in which something changed", { "old/f.js": code }, "fail", /old\/LICENSE/],
    ["the nearer licence counts", { "old/open/LICENSE": mit, "old/open/f.js": code }, "ok"],
    [
      "a folder under another open licence",
      { "lib/LICENSE": apache, "lib/f.js": code },
      "ok",
      /lib has a licence.*Apache-2\.0/,
    ],
    [
      "a licence in the folder that cannot be read",
      { "lib/LICENSE": mit + " ".repeat(400_000), "lib/f.js": code },
      "fail",
    ],
    ["a folder with LICENSES of its own", { "ee/LICENSES/BUSL-1.1.txt": busl, "ee/f.js": code }, "fail", /BUSL-1.1/],
    ["an EULA in the folder", { "ee/EULA.md": "Pay.\n", "ee/f.js": code }, "needs_human", /ee\/EULA/],
    ["documentation under CC-BY", { "docs/LICENSE": ccBy, "docs/a.md": "# A\n", "docs/a.png": "x" }, "ok"],
    ["a program under CC-BY", { "docs/LICENSE": ccBy, "docs/a.js": code }, "fail", /CC-BY-4.0/],
    ["a page about the licence among pages", { "docs/license.md": "# Licence\n\nMIT.\n" }, "needs_human"],
    ["a program about licences", { "src/licence/license.ts": code, "src/license-check.py": "x = 1\n" }, "ok"],
    [
      "a manifest of old that covers what changed",
      { "shop/f.js": code },
      "needs_human",
      /shop\/package.json says "UNLICENSED"/,
    ],

    [
      "a package that points to terms of its own",
      {
        "package.json": '{"license":"SEE LICENSE IN commercial.md"}',
        "commercial.md": "Use requires a paid licence.\n",
      },
      "fail",
      /commercial.md/,
    ],
    [
      "a package that points to nothing",
      { "package.json": '{"license":"SEE LICENSE IN x.md"}' },
      "needs_human",
      /x.md/,
    ],
    ["a package that points to the licence", { "package.json": '{"license":"SEE LICENSE IN ./LICENSE"}' }, "ok"],
    ["a crate that points to the root's", { "a/b/Cargo.toml": '[package]\nlicense-file = "../../LICENSE"\n' }, "ok"],
    [
      "a crate that points to another text",
      { "Cargo.toml": 'license-file = "T.md"\n', "T.md": "Pay.\n" },
      "fail",
      /T.md/,
    ],

    [
      "REUSE.toml that names a closed licence",
      { "REUSE.toml": under("src/**", "BUSL-1.1"), "LICENSES/BUSL-1.1.txt": busl, "src/a/f.js": code },
      "fail",
      /REUSE.toml says "BUSL-1.1" of src\/a\/f.js/,
    ],
    [
      "REUSE.toml in a folder",
      { "src/REUSE.toml": under("*.js", "LicenseRef-Mine"), "src/f.js": code },
      "needs_human",
      /src\/REUSE.toml says "LicenseRef-Mine"/,
    ],
    [".reuse/dep5 that names one", { ".reuse/dep5": "Files: src/*\nLicense: BUSL-1.1\n", "src/a/f.js": code }, "fail"],
    ["REUSE.toml that nobody can read", { "REUSE.toml": "annotations = [{path='**'}]\n" }, "needs_human", /REUSE.toml/],
    ["REUSE.toml about files that did not change", { "REUSE.toml": under("other/**", "BUSL-1.1") }, "ok"],
    [
      "REUSE as it is meant",
      {
        "REUSE.toml": under("**", "CC0-1.0") + under("{src,feature}", "MIT") + under("**.js", "MIT"),
        "LICENSES/MIT.txt": mit,
        "LICENSES/CC0-1.0.txt": cc0,
        ".gitignore": "x\n",
      },
      "ok",
    ],
    [
      "a header beside the file",
      { "f.bin.js": code, "f.bin.js.license": "SPDX-License-Identifier: BUSL-1.1\n" },
      "fail",
    ],
    [
      "a text in LICENSES that a header names",
      { "LICENSES/BUSL-1.1.txt": busl, "f.js": "// SPDX-License-Identifier: BUSL-1.1\n" },
      "fail",
    ],
    ["an unknown text in LICENSES", { "LICENSES/LicenseRef-X.txt": enterprise }, "needs_human", /LicenseRef-X/],
    [
      "a second open licence by REUSE",
      { "LICENSES/Apache-2.0.txt": apache, "f.js": "// SPDX-License-Identifier: Apache-2.0\n" },
      "ok",
    ],
    [
      "a condition behind a long header",
      { "f.js": `// SPDX-License-Identifier: MIT${" ".repeat(400)}AND BUSL-1.1\n` },
      "needs_human",
    ],
    ["a second licence behind a comma", { "f.js": "// SPDX-License-Identifier: MIT, BUSL-1.1\n" }, "needs_human"],
    [
      "a closed header behind a hundred others",
      Object.fromEntries(
        Array.from({ length: 102 }, (_, at) => [
          `f${String(at).padStart(3, "0")}.js`,
          `// SPDX-License-Identifier: ${at < 101 ? `MIT OR LicenseRef-${at}` : "BUSL-1.1"}\n`,
        ]),
      ),
      "needs_human",
    ],

    [
      "a file that lets nobody use it",
      { "f.js": "/*\n * Copyright 2026 Dave. PROPRIETARY\n * AND CONFIDENTIAL.\n */\n" },
      "needs_human",
      /f.js.*PROPRIETARY AND CONFIDENTIAL/,
    ],
    [
      "a file that may not be copied",
      { "f.py": "# All rights reserved. This file may not\n# be copied.\n" },
      "needs_human",
    ],
    [
      "a holder's name that forbids",
      { LICENSE: mit.replace(/^Copyright.*$/m, "Copyright (c) 2026 Kommerzielle Nutzung Verboten") },
      "needs_human",
      /resembles MIT/,
    ],
    [
      "a closed text beside it, and a package that names only the good one",
      { "LICENSE-SSPL": licenceText("SSPL-1.0", "d"), "package.json": '{"license":"MIT"}' },
      "needs_human",
    ],
  ])("%s", async (_what, files, kind, told = /./) => {
    const outcome = await judged(files);
    expect([outcome.kind, outcome.sentence]).toEqual([kind, expect.stringMatching(told)]);
  });

  it("a link to the root's licence is that licence, and one that leads out is none", async () => {
    expect((await judged({ "lib/f.js": code }, [["../LICENSE", "lib/LICENSE"]])).kind).toBe("ok");
    expect((await judged({ "lib/f.js": code }, [["../../x", "lib/LICENSE"]])).kind).toBe("fail");
  });
});

describe("honest layouts beside a good licence", () => {
  it.each<[string, Files, Outcome["kind"]]>([
    [
      "REUSE with CC0 for settings",
      {
        LICENSE: null,
        "LICENSES/MIT.txt": mit,
        "LICENSES/CC0-1.0.txt": cc0,
        "LICENSES/CC-BY-4.0.txt": ccBy,
        ".gitignore": "# SPDX-License-Identifier: CC0-1.0\n",
        "a.md": "<!-- SPDX-License-Identifier: CC-BY-4.0 -->\n",
        "feature.js": "// SPDX-License-Identifier: MIT\n",
      },
      "ok",
    ],
    [
      "the same with CC0 for a program",
      {
        LICENSE: null,
        "LICENSES/MIT.txt": mit,
        "LICENSES/CC0-1.0.txt": cc0,
        "x.c": "/* SPDX-License-Identifier: CC0-1.0 */\n",
        ".a": "# SPDX-License-Identifier: CC0-1.0\n",
      },
      "needs_human",
    ],
    ["a licence for the documentation", { "LICENSE-docs": ccBy }, "ok"],
    ["settings of a licence checker", { "license-checker.json": '{"allow":["MIT"]}', "license.config.js": code }, "ok"],
    ["a template for headers", { "license-header.txt": "Copyright (c) ${year} Dave\n" }, "needs_human"],
    [
      "notices of third parties",
      { "THIRD-PARTY-NOTICES": "leftpad: MIT\n", "LICENSE-3rdparty.txt": "It bundles leftpad.\n" },
      "needs_human",
    ],
    ["what third parties give under a clause", { "LICENSE-3rdparty.txt": "Commons Clause: x.\n" }, "needs_human"],
    ["a restricting text of the Creative Commons", { "LICENSE-docs": licenceText("CC-BY-NC-4.0", "d") }, "needs_human"],
    ["only CC0", { LICENSE: cc0 }, "fail"],
    [
      "only texts that are not for software",
      { LICENSE: null, "LICENSE-docs": ccBy, "LICENSES/CC0-1.0.txt": cc0 },
      "fail",
    ],
    [
      "only a template and a list",
      { LICENSE: null, "license-header.txt": "x\n", "LICENSE-3rdparty.txt": "x\n" },
      "fail",
    ],
    ["only a checker's settings", { LICENSE: null, "license-checker.json": "{}\n" }, "fail"],
    ["an unknown LICENSE beside somebody's MIT", { LICENSE: enterprise, "LICENSE-MIT": mit }, "fail"],
  ])("%s", async (_what, files, kind) => {
    const outcome = await judged(files);
    expect([outcome.kind, outcome.sentence]).toEqual([kind, expect.any(String)]);
  });
});

describe("several things against a licence", () => {
  it("are all named, and a failure is not hidden behind a question", async () => {
    const files = {
      "package.json": '{"license":"Apache-2.0"}',
      "README.md": "# X\n\nCommercial use requires a licence.\n",
      "f.js": "// SPDX-License-Identifier: GPL-3.0-only\n",
      "LICENSE-x": "Who knows.\n",
    };
    const asked = await judged(files);
    expect(asked).toMatchObject({ kind: "needs_human", reason: "license_ambiguous" });
    for (const named of ["package.json", "README.md", "f.js", "LICENSE-x"]) expect(asked.sentence).toContain(named);
    const failed = await judged({
      ...files,
      "COMMONS-CLAUSE.md": "No sale.\n",
      "g.js": "// SPDX-License-Identifier: BUSL-1.1\n",
    });
    expect(failed).toMatchObject({ kind: "fail", code: "license_not_allowed" });
    for (const named of ["COMMONS-CLAUSE.md", "g.js", "package.json"]) expect(failed.sentence).toContain(named);
  });

  it("are judged from old facts, which know less, as from new ones", async () => {
    const { files, declared } = (await read({ "lib/LICENSE": apache, "lib/f.js": code })) as {
      files: never;
      declared: never;
    };
    expect(licence.judge({ files, declared }, { phase: "release", sealed: false })).toMatchObject({ kind: "ok" });
  });

  it("read the same every time", async () => {
    const files = {
      "ee/LICENSE": enterprise,
      "ee/f.js": "// SPDX-License-Identifier: MIT OR X\n",
      "b/LICENSE": mit,
      "b/\u{1f600}.js": code,
    };
    expect(await read(files)).toEqual(await read(files));
  });
});
