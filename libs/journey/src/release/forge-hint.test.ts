import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createForgeVerifier } from "@freehold/forge-verify";
import { startAtprotoNetwork, startKnot } from "@freehold/local-world";
import { openStory, type Story, testEnvironment } from "@freehold/testing";
import { HOUR_MS, MINUTE_MS, newId } from "@freehold/values";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { inVerification } from "../testing/told.ts";
import { ReleaseWatch } from "../verification/release-watch.service.ts";
import { ForgeHintService, type Hint } from "./forge-hint.service.ts";

let story: Story;
let hints: ForgeHintService;
let releaseId: string;
let stableId: string;
let repository: { owner: string; name: string };

beforeAll(async () => {
  story = await openStory();
  hints = new ForgeHintService(
    story.market.parts.verifier,
    testEnvironment({ FORGE_WEBHOOK_SECRET: "a secret for the forges" }),
  );
  const told = await inVerification(story, { alice: 2000n }, 14);
  ({ releaseId, repository } = told);
  const found = await story.market.github.find(told.repository);
  stableId = String(found?.id);
});
beforeEach(async () => {
  await story.database.forgeHint.deleteMany();
  await story.wind("1 hour");
  await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: await hoursFromNow(4) } });
  // The last look is some minutes ago, the next one far away.
  await story.market.wind("10 minutes");
});
afterAll(() => story.close());

const hoursFromNow = async (hours: number) => new Date((await story.database.now()).getTime() + hours * HOUR_MS);
const nextLook = async () =>
  (await story.database.verification.findUniqueOrThrow({ where: { releaseId } })).nextLookAt!.getTime();
const minutesAway = async () => ((await nextLook()) - (await story.database.now()).getTime()) / MINUTE_MS;
const receive = (hint: Partial<Hint> = {}) =>
  story.database.transact((tx) =>
    hints.receive(tx, { forge: "github", delivery: "one", stableId, event: "push", ...hint }),
  );
const waiting = () => story.database.forgeHint.findMany({ where: { handledAt: null }, orderBy: { delivery: "asc" } });
const takeUp = async (order: (ids: string[]) => string[] = (ids) => ids) => {
  for (const id of order((await waiting()).map((one) => one.id))) await hints.hinted(story.database, id);
};
/** So long ago, in machine time, every hint came and was taken up. */
const ago = (seconds: number) =>
  story.database.$executeRaw`
    UPDATE forge_hint SET received_at = received_at - ${seconds} * interval '1 second',
      handled_at = handled_at - ${seconds} * interval '1 second'`;
/** The window is looked at now. */
const look = async () => {
  await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: await hoursFromNow(0) } });
  await story.drain();
};
const looks = () => story.database.verificationReport.count({ where: { releaseId } });

test("a push is noticed at once: its hint brings the next look to now, and the look is made", async () => {
  const before = await looks();
  expect(await receive()).toEqual({ stored: true });
  // By its job, through the outbox.
  await story.drain();
  expect(await looks()).toBe(before + 1);
  expect(await waiting()).toEqual([]);
  expect(await minutesAway()).toBeGreaterThan(60);
});

test("a hint is kept once, however often it comes, and one about a repository of nobody's not at all", async () => {
  expect([await receive(), await receive(), await receive({ event: "release" })]).toEqual([
    { stored: true },
    { stored: false },
    { stored: false },
  ]);
  expect(await receive({ stableId: "1", delivery: "two" })).toEqual({ stored: false });
  expect(await story.database.forgeHint.count()).toBe(1);
});

test("no hint brings the next look nearer than five minutes after the last one", async () => {
  await look();
  expect(await minutesAway()).toBeGreaterThan(60);
  await receive();
  await takeUp();
  const minutes = await minutesAway();
  expect(minutes).toBeGreaterThan(4);
  expect(minutes).toBeLessThanOrEqual(5);
});

test("a flood of hints costs one look, and while that is under way no second one begins", async () => {
  const before = await looks();
  for (let n = 0; n < 30; n += 1) await receive({ delivery: `flood-${n}` });
  await story.drain();
  expect(await looks()).toBe(before + 1);
  await story.wind("1 hour");
  // Claimed by a worker: for fifteen minutes nobody else is to look, and yet what comes now must not be lost.
  await ago(61);
  expect(await receive({ delivery: "late" })).toEqual({ stored: true });
  await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: await hoursFromNow(0.25) } });
  await takeUp();
  const minutes = await minutesAway();
  expect(minutes).toBeGreaterThan(3);
  expect(minutes).toBeLessThanOrEqual(5);
});

test("a hint that comes while a look is under way is looked at five minutes after it", async () => {
  await receive();
  await takeUp();
  await look();
  expect(await minutesAway()).toBeGreaterThan(60);
  await hints.lookAgain(story.database);
  expect(await minutesAway()).toBeLessThanOrEqual(5);
  expect(await minutesAway()).toBeGreaterThan(4);
});

test("messages without number make one row and one job in a minute, also when they come at the same time", async () => {
  const jobs = () => story.database.outbox.count({ where: { job: "forge.hinted" } });
  const told = await Promise.all(Array.from({ length: 30 }, (_, n) => receive({ delivery: `at once ${n}` })));
  expect(told.filter((one) => one.stored)).toHaveLength(1);
  // Waits to be taken up, for however long.
  await ago(300);
  expect(await receive({ delivery: "while one waits" })).toEqual({ stored: false });
  await takeUp();
  await ago(-290);
  expect(await receive({ delivery: "ten seconds after it" })).toEqual({ stored: false });
  expect([await story.database.forgeHint.count(), await jobs()]).toEqual([1, 1]);
  await ago(51);
  expect(await receive({ delivery: "a minute after it" })).toEqual({ stored: true });
  expect([await story.database.forgeHint.count(), await jobs()]).toEqual([2, 2]);
});

test("beside a look that is under way a hint brings no second one, and after a long one there is another", async () => {
  await receive();
  await takeUp();
  const [claimed] = await story.get(ReleaseWatch).claimDue(story.database);
  expect(claimed).toBe(releaseId);
  const claimedUntil = await nextLook();
  await hints.lookAgain(story.database);
  expect(await nextLook()).toBe(claimedUntil);
  // It ends eight minutes after the hint, and began before it.
  const { id: _id, ...last } = await story.database.verificationReport.findFirstOrThrow({ where: { releaseId } });
  const report = { ...(last.report as object), at: await hoursFromNow(-0.01) };
  const ended = { at: await hoursFromNow(8 / 60), madeAt: new Date(Date.now() + 8 * MINUTE_MS) };
  await story.database.verificationReport.create({ data: { ...last, id: newId(), link: null, ...ended, report } });
  await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: await hoursFromNow(4) } });
  await hints.lookAgain(story.database);
  expect(await minutesAway()).toBeLessThanOrEqual(13);
});

test("sixty looks in a day, and hints bring no more of them: only the schedule looks on, until a day has passed", async () => {
  const { id: _id, ...last } = await story.database.verificationReport.findFirstOrThrow({ where: { releaseId } });
  const at = await hoursFromNow(-1);
  const data = Array.from({ length: 60 }, () => ({
    ...last,
    report: last.report as object,
    id: newId(),
    link: null,
    at,
  }));
  await story.database.verificationReport.createMany({ data });
  await receive();
  await takeUp();
  expect(await minutesAway()).toBeGreaterThan(200);
  await hints.lookAgain(story.database);
  expect(await minutesAway()).toBeGreaterThan(200);
  await story.market.wind("24 hours");
  await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: await hoursFromNow(4) } });
  await ago(61);
  await receive({ delivery: "the next day" });
  await takeUp();
  expect(await minutesAway()).toBeLessThanOrEqual(5);
});

test("a look that is nearer anyway is never put off", async () => {
  await look();
  const soon = await hoursFromNow(0.01);
  await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: soon } });
  await receive();
  await takeUp();
  expect(await nextLook()).toBe(soon.getTime());
});

test("order and duplicates of hints change nothing", async () => {
  await look();
  const told: Partial<Hint>[] = ["push", "create", "release", "repository", "public"].map((event, n) => ({
    delivery: `d${n}`,
    event,
  }));
  const outcomes: unknown[] = [];
  for (let order = 0; order < 12; order += 1) {
    await story.database.forgeHint.deleteMany();
    await story.database.verification.update({ where: { releaseId }, data: { nextLookAt: await hoursFromNow(4) } });
    const dealt = shuffled([...told, ...told, ...shuffled(told, order).slice(0, 2)], order * 7 + 1);
    for (const [n, hint] of dealt.entries()) {
      await receive(hint);
      if ((n + order) % 3 === 0) await takeUp((ids) => shuffled(ids, order));
    }
    await takeUp((ids) => shuffled([...ids, ...ids], order));
    const rows = await story.database.forgeHint.findMany({ orderBy: { delivery: "asc" } });
    outcomes.push([
      await nextLook(),
      rows.map(({ forge, stableId: id, handledAt }) => [forge, id, handledAt !== null]),
    ]);
  }
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
});

test("a hint whose job was lost is found, and what was handled a month ago is forgotten", async () => {
  await receive();
  await story.database.outbox.deleteMany();
  expect(await hints.forgotten(story.database)).toEqual([]);
  await story.database.forgeHint.updateMany({ data: { receivedAt: new Date(Date.now() - 2 * MINUTE_MS) } });
  const [lost = ""] = await hints.forgotten(story.database);
  await hints.hinted(story.database, lost);
  expect(await hints.forgotten(story.database)).toEqual([]);
  expect(await hints.prune(story.database)).toBe(0);
  await story.database.forgeHint.updateMany({ data: { handledAt: new Date(Date.now() - 31 * 24 * HOUR_MS) } });
  expect(await hints.prune(story.database)).toBe(1);
});

test("a repository's secret is its own, and there is none without a secret of ours", async () => {
  const of = (id: string, forge: string, key: string) => hints.webhookFor({ id, forge, stableId: key });
  expect(of("i", "github", "7")?.url).toBe(`${testEnvironment().PUBLIC_URL}/webhooks/github`);
  expect(of("i", "tangled", "did:plc:x")?.url).toBe(`${testEnvironment().PUBLIC_URL}/webhooks/tangled?repository=i`);
  const secrets = [of("i", "github", "7"), of("i", "github", "8"), of("i", "tangled", "7")].map((one) => one?.secret);
  expect(new Set(secrets).size).toBe(3);
  for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
  const without = new ForgeHintService(story.market.parts.verifier, testEnvironment());
  expect([without.taken, without.webhookFor({ id: "i", forge: "github", stableId: "7" })]).toEqual([false, null]);
});

test("the event stream of a knot hints at what lives on it and at nothing else, once", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "forge-hint-"));
  const network = await startAtprotoNetwork({ dataDir: path.join(folder, "atproto") });
  const knot = await startKnot({ dataDir: path.join(folder, "knot"), ...network });
  const known = await story.database.repository.findUniqueOrThrow({
    where: { forge_stableId: { forge: "github", stableId } },
  });
  try {
    const verifier = createForgeVerifier({
      mirrorsDir: path.join(folder, "mirrors"),
      allowPrivateAddresses: [knot.host],
    });
    const reader = new ForgeHintService(verifier, testEnvironment());
    const { did, handle } = network.people.judy;
    const { repoDid, cloneUrl } = await knot.createRepository({ ownerDid: did, ownerHandle: handle, name: "ours" });
    const other = await knot.createRepository({ ownerDid: did, ownerHandle: handle, name: "theirs" });
    // The development of this story, as if it had been reserved on the knot.
    await story.database.repository.update({
      where: { id: known.id },
      data: { forge: "tangled", stableId: repoDid, cloneUrl },
    });
    await knot.commit({ repoDid, files: { a: "1" }, message: "One" });
    await knot.commit({ repoDid, files: { a: "2" }, message: "Two" });
    await knot.commit({ repoDid: other.repoDid, files: { a: "1" }, message: "Elsewhere" });
    await reader.readKnots(story.database);
    const kept = await waiting();
    expect(kept.map((one) => [one.forge, one.stableId, one.event])).toEqual([["tangled", repoDid, "refUpdate"]]);
    await hints.hinted(story.database, kept[0]?.id ?? "");
    expect(await minutesAway()).toBeLessThanOrEqual(5);
    // A moment later another worker comes: it was read already.
    await reader.readKnots(story.database);
    await story.database.knotCursor.updateMany({ data: { readAt: new Date(0) } });
    await reader.readKnots(story.database);
    expect(await story.database.forgeHint.count()).toBe(1);
    knot.setMode("hang", { part: "events" });
    const { cursor } = await story.database.knotCursor.findFirstOrThrow();
    expect(BigInt(cursor)).toBeGreaterThan(BigInt(Date.now() - 600_000) * 1_000_000n);
  } finally {
    await story.database.repository.update({
      where: { id: known.id },
      data: { forge: "github", stableId, cloneUrl: known.cloneUrl },
    });
    await knot.close();
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a push that comes ten seconds after another is looked at within minutes", async () => {
  await receive();
  await story.drain();
  const seen = () => story.database.verification.findUniqueOrThrow({ where: { releaseId } });
  expect((await seen()).suspendedAt).toBeNull();
  await ago(10);
  // No row tells of what happens now.
  await story.market.github.setPrivate({ ...repository, private: true });
  expect(await receive({ delivery: "two" })).toEqual({ stored: false });
  expect(await waiting()).toEqual([]);
  await hints.lookAgain(story.database);
  await story.wind("6 minutes");
  expect((await seen()).suspendedAt).not.toBeNull();
});

/** A permutation that is the same for the same seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed * 2_654_435_761 + 1;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return items
    .map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
