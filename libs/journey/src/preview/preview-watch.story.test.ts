import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { openStory, type Story } from "@freehold/testing";
import { HOUR_MS } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { CaseQueries } from "../pages/case.queries.ts";
import { dueAt, endingOf, fates, inVerification, movesOf, noticesOf, pledged, type Told } from "../testing/told.ts";
import { PreviewFiles } from "./preview-file.service.ts";
import { PreviewService } from "./preview.service.ts";
import { PreviewWatch } from "./preview-watch.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(() => story.market.preview.set("up"));

const sums = { alice: 2000n, bob: 1000n };
const watch = () => story.get(PreviewWatch).visitDue(story.database);

/** Winds story time in half hours and lets the worker visit after each. */
async function pass(hours: number): Promise<void> {
  for (let left = Math.round(hours * 2); left > 0; left -= 1) {
    await story.market.wind("30 minutes");
    await watch();
  }
  await story.drain();
}

const previewOf = async (told: Told) =>
  story.database.preview.findUniqueOrThrow({ where: { developmentId: told.developmentId } });
const told = (name: string, at: Told) => noticesOf(story, name, `/proposals/${at.proposalId}`);
const uptime = async (at: Told) => (await story.page(at.proposalId)).development!.preview!.uptime!;
const hours = (ms: number) => Math.round(ms / HOUR_MS);

test("a preview that was down for seven hours ends as much later, and backers are told once", async () => {
  const at = await pledged(story, sums, 5);
  const { closesAt: announced } = await previewOf(at);
  await pass(10);
  story.market.preview.set("down");
  await pass(6);
  expect(await told("alice", at), "six hours are not yet an outage").not.toContain("preview_outage");
  expect(await told("dave", at), "its developer knows already").toContain("preview_down");
  await pass(2);
  story.market.preview.set("up");
  await pass(3);

  const { closesAt, movedMs } = await previewOf(at);
  expect(hours(Number(movedMs))).toBe(8);
  expect(closesAt.getTime()).toBe(announced.getTime() + Number(movedMs));
  expect(await dueAt(story, "preview_closes", at.developmentId)).toEqual(closesAt);
  for (const name of ["alice", "bob", "dave"])
    expect((await told(name, at)).filter((kind) => kind === "preview_outage")).toHaveLength(1);
  expect(await movesOf(story, at.developmentId)).toContain("move_preview_end");

  const seen = await uptime(at);
  expect([hours(seen.downMs), hours(seen.upMs), seen.downSince]).toEqual([8, 13, null]);
  expect(seen.cells.map((cell) => hours(cell.downMs)).slice(0, 3)).toEqual([0, 2, 6]);
  expect(seen.lastVisit).toMatchObject({ up: true, status: 200 });

  await story.wind("4 days 4 hours");
  expect(await story.stage(at.proposalId), "after the announced end").toBe("in_preview");
  await story.wind("8 hours");
  expect(await story.stage(at.proposalId)).toBe("in_decision");
  story.market.preview.set("down");
  await pass(8);
  expect(
    (await told("alice", at)).filter((kind) => kind === "preview_outage"),
    "it has to stay up",
  ).toHaveLength(2);
  expect(Number((await previewOf(at)).movedMs), "but nothing moves any more").toBe(Number(movedMs));
  story.market.preview.set("up");
  await story.decline("dave", at.developmentId);
  await story.market.wind("20 minutes");
  await watch();
  expect((await previewOf(at)).nextVisitAt, "nobody watches what has ended").toBeNull();
});

test("one that is down for longer than three days closes, and everybody gets everything back", async () => {
  const at = await pledged(story, sums, 14);
  const { closesAt: announced } = await previewOf(at);
  story.market.preview.set("down");
  await pass(71);
  expect(await story.stage(at.proposalId)).toBe("in_preview");
  const { closesAt } = await previewOf(at);
  expect(hours(closesAt.getTime() - announced.getTime())).toBe(71);
  await pass(4);
  expect(await story.stage(at.proposalId)).toBe("open");
  expect(await fates(story, at)).toEqual({ alice: "refunded whole 2095", bob: "refunded whole 1065" });
  expect(await endingOf(story, at.developmentId)).toBe("preview_down");
  expect((await movesOf(story, at.proposalId)).slice(-2)).toEqual(["close_for_outage", "finish_refund"]);
  expect((await previewOf(at)).movedMs).toBeLessThanOrEqual(BigInt(72 * HOUR_MS));
  expect((await told("alice", at)).filter((kind) => kind === "preview_outage")).toHaveLength(1);
  story.market.preview.set("up");
}, 60_000);

test("with nothing held it closes as well, and the proposal is open again", async () => {
  const { proposalId, developmentId } = await story.inPreview(14, 7);
  story.market.preview.set("cut");
  await pass(76);
  expect(await story.stage(proposalId)).toBe("open");
  expect(await endingOf(story, developmentId)).toBe("preview_down");
  story.market.preview.set("up");
}, 60_000);

test("one that flaps has no outage; a wound clock and our own blindness are nobody's outage", async () => {
  const at = await pledged(story, sums, 14);
  const { closesAt } = await previewOf(at);
  for (let round = 0; round < 12; round += 1) {
    story.market.preview.set("cut");
    await pass(0.5);
    story.market.preview.set("up");
    await pass(1);
  }
  story.market.preview.set("down");
  for (let day = 0; day < 5; day += 1) {
    await story.market.wind("1 day");
    await watch();
  }
  const before = await story.database.previewVisit.count();
  // Neither the preview nor anybody else answers: it is we who see nothing.
  const { environment } = story.market.parts;
  const known = environment.GITHUB_URL;
  story.market.preview.set("cut");
  environment.GITHUB_URL = "http://127.0.0.1:1";
  await pass(9);
  environment.GITHUB_URL = known;
  expect(await story.database.previewVisit.count()).toBe(before);
  story.market.preview.set("up");
  expect((await previewOf(at)).closesAt).toEqual(closesAt);
  expect((await uptime(at)).downMs).toBe(0);
  expect(await told("alice", at)).not.toContain("preview_outage");
  await story.decline("dave", at.developmentId);
});

test("two workers do not visit twice", async () => {
  const at = await pledged(story, sums, 14);
  const { id } = await previewOf(at);
  const before = await story.database.previewVisit.count({ where: { previewId: id } });
  await story.market.wind("30 minutes");
  const asked = story.market.preview.requests();
  await Promise.all([watch(), watch(), watch(), watch()]);
  expect(await story.database.previewVisit.count({ where: { previewId: id } })).toBe(before + 1);
  expect(story.market.preview.requests()).toBe(asked + 1);
  await story.decline("dave", at.developmentId);
});

test("in the window an outage is a fact on the case, and rules nothing", async () => {
  const at = await inVerification(story, sums, 14);
  const caseId = await story.dispute("alice", at.releaseId);
  const read = async () => (await story.get(CaseQueries).one(caseId, await story.party("frank"))).preview;
  expect((await read()).outage).toMatchObject({ ground: false });
  await pass(5);
  story.market.preview.set("down");
  await pass(26);
  expect((await read()).outage).toMatchObject({
    ground: true,
    sentence: expect.stringMatching(/never alone/) as string,
  });
  expect((await read()).uptime?.downSince).not.toBeNull();
  expect(await story.stage(at.proposalId)).toBe("in_verification");
  story.market.preview.set("up");
});

test("a preview opens only where the public can reach it, and only while it answers", async () => {
  const proposalId = await story.propose();
  await story.makePayable("ivan");
  const { url: repository } = await story.repository("ivan");
  const developmentId = await story.reserve("ivan", proposalId, repository);
  const open = (url: string, more = {}) => story.openPreview("ivan", developmentId, 3, 7, { url, ...more });
  const here = story.market.preview;
  for (const url of [
    "http://127.0.0.1:1/",
    "https://169.254.169.254/",
    "http://preview.larkspur.example/",
    "https://[::1]/",
  ])
    await expect(open(url), url).rejects.toMatchObject({ code: "preview_address_unsafe" });
  here.set("down", "/gone");
  await expect(open(`${here.url}/gone`)).rejects.toMatchObject({ code: "preview_not_reachable" });
  here.set("cut", "/gone");
  await expect(open(`${here.url}/gone`)).rejects.toMatchObject({ code: "preview_not_reachable" });
  const asked = here.requests();
  await expect(story.openPreview("judy", developmentId)).rejects.toMatchObject({ code: "not_developer" });
  expect(here.requests(), "nobody makes us visit for them").toBe(asked);
  const partyId = await story.party("ivan");
  const body = {
    kind: "page",
    howToReach: "Open it, then read.",
    points: ["x"],
    days: 3,
    windowDays: 7,
    branch: "main",
  };
  await expect(
    story.database.transact((tx) =>
      story
        .get(PreviewService)
        .open(tx, partyId, developmentId, { ...body, kind: "page", url: `${here.url}/new` }, null),
    ),
  ).rejects.toMatchObject({ code: "preview_not_reachable" });
  expect(await story.stage(proposalId)).toBe("in_development");
});

test("a build is fetched once, kept by its hash and handed out by us, whatever becomes of its address", async () => {
  const proposalId = await story.propose();
  const { url: repository } = await story.repository("dave");
  const developmentId = await story.reserve("dave", proposalId, repository);
  const here = story.market.preview;
  const url = `${here.url}/builds/larkspur-1.2.tar.gz`;
  const original = Buffer.from(await (await fetch(url)).arrayBuffer());
  await story.openPreview("dave", developmentId, 3, 7, { kind: "download", url });
  const { id } = await story.database.preview.findUniqueOrThrow({ where: { developmentId } });
  await expect(story.get(PreviewFiles).file(story.database, id)).rejects.toMatchObject({
    code: "preview_file_not_kept",
  });
  await story.drain();

  const sha256 = createHash("sha256").update(original).digest("hex");
  const { preview } = (await story.page(proposalId)).development!;
  expect(preview).toMatchObject({
    kind: "download",
    kept: { name: "larkspur-1.2.tar.gz", bytes: original.length, sha256 },
  });
  here.set("down");
  const file = await story.get(PreviewFiles).file(story.database, id);
  expect(await buffer(file.stream)).toEqual(original);
  await pass(8);
  expect((await story.page(proposalId)).development!.preview!.uptime).toMatchObject({ downMs: 0, downSince: null });
  here.set("up");
});

test("a build that cannot be fetched is watched where it is, and its developer hears of it within hours", async () => {
  const proposalId = await story.propose("alice", "Threads on paper");
  const { url: repository } = await story.repository("dave");
  const developmentId = await story.reserve("dave", proposalId, repository);
  const here = story.market.preview;
  await story.openPreview("dave", developmentId, 3, 7, { kind: "download", url: `${here.url}/flaky/larkspur.zip` });
  here.set("down", "/flaky");
  await pass(1.5);
  expect(await noticesOf(story, "dave", `/proposals/${proposalId}`)).not.toContain("preview_not_kept");
  await pass(3);
  expect(await noticesOf(story, "dave", `/proposals/${proposalId}`)).toContain("preview_not_kept");
  here.set("up", "/flaky");
  await pass(2);
  expect((await story.page(proposalId)).development!.preview!.kept).toMatchObject({ name: "larkspur.zip" });
});
