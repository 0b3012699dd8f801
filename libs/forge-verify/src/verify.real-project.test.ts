import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { failed, passes, StoriesOnGitHub } from "./testing/story-on-github.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
let world: StoriesOnGitHub;
beforeAll(async () => {
  world = await StoriesOnGitHub.start();
});
afterAll(() => world.close());

/** The sources of Fastify as its authors publish them, with their own licence. */
function sourcesOf(name: string): Record<string, string> {
  const folder = path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true }).map(String)) {
    const kept = !/(^|\/)(node_modules|test|docs|examples|types|\.)/.test(entry);
    if (!kept || statSync(path.join(folder, entry)).isDirectory()) continue;
    files[entry] = readFileSync(path.join(folder, entry), "utf8");
  }
  return files;
}

it("a real project passes from its sources: with all but a part public before, and that part as the feature", async () => {
  const sources = sourcesOf("fastify");
  expect(Object.keys(sources).length).toBeGreaterThan(20);
  expect(sources["LICENSE"]).toContain("Permission is hereby granted");
  const feature = Object.keys(sources).filter((name) => /^lib\/(hooks|decorate|error|schema)/.test(name));
  expect(feature.length).toBeGreaterThan(3);
  const before = Object.fromEntries(Object.entries(sources).filter(([name]) => !feature.includes(name)));
  const story = await world.begin({ files: { ...before, "README.md": sources["README.md"] ?? null } });
  const commit = await world.publish(story, Object.fromEntries(feature.map((name) => [name, sources[name] ?? ""])));
  const report = await world.verify(story, commit);
  expect([report.verdict, report.licence]).toEqual([passes, "MIT"]);
  expect(report.checks.find((check) => check.name === "new-since-baseline")?.sentence).toContain(
    `${feature.length} files differ`,
  );
  // The same part, taken out and put back by somebody who did not write it, is what it was.
  await world.publish(story, Object.fromEntries(feature.map((name) => [name, null])));
  const again = await world.beginAgain(story);
  const back = await world.publish(story, Object.fromEntries(feature.map((name) => [name, sources[name] ?? ""])));
  expect((await world.verify(again, back)).verdict).toEqual(failed("not_new"));
});
