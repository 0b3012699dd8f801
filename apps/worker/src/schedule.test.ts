import { openStory, type Story } from "@freehold/testing";
import type { INestApplicationContext } from "@nestjs/common";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startLoops } from "./loops.ts";
import { scheduleOf } from "./schedule.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());

async function inVerification(backer: string) {
  const told = await story.inPreview();
  await story.pledge(backer, told.developmentId, 1000n);
  await story.wind("3 days");
  await story.chooseRelease("dave", told.developmentId);
  const releaseId = await story.submitRelease("dave", told.developmentId, await story.push(told.repository));
  return { ...told, releaseId };
}

test("one repository that hangs holds up neither the looks nor the end of another, and a worker that stops waits for it", async () => {
  const slow = await inVerification("alice");
  const other = await inVerification("bob");
  const looks = ({ releaseId }: { releaseId: string }) =>
    story.database.verificationReport.count({ where: { releaseId, phase: { in: ["recheck", "glance"] } } });
  const { verifier } = story.market.parts;
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const { verifyRelease, recheck } = verifier;
  const held = async (verb: string, { slug }: { slug: string }) => {
    if (!slug.endsWith(`/${slow.repository.name}`)) return;
    begun.push(verb);
    await gate.promise;
  };
  vi.spyOn(verifier, "verifyRelease").mockImplementation(async (release) => {
    await held("verifyRelease", release.repository);
    return verifyRelease(release);
  });
  vi.spyOn(verifier, "recheck").mockImplementation(async (release, since) => {
    await held("recheck", release.repository);
    return recheck(release, since);
  });
  const names = ["deadline.sweep", "verification.sweep", "settlement.sweep"];
  const schedule = scheduleOf(story as unknown as INestApplicationContext, pino({ level: "silent" }))
    .filter(({ name }) => names.includes(name))
    .map((job) => ({ ...job, everyMs: 50 }));
  const loops = startLoops(schedule, pino({ level: "silent" }));
  const before = await looks(other);
  await story.market.wind("6 hours");
  await vi.waitFor(async () => expect(await looks(other)).toBe(before + 1), { timeout: 30_000 });
  await vi.waitFor(() => expect(begun).toContain("recheck"), { timeout: 30_000 });
  // Both windows have ended.
  await story.market.wind("15 days");
  await vi.waitFor(() => expect(begun).toContain("verifyRelease"), { timeout: 30_000 });
  await vi.waitFor(
    async () => {
      const { endedAt } = await story.database.verification.findUniqueOrThrow({
        where: { releaseId: other.releaseId },
      });
      expect(endedAt).not.toBeNull();
    },
    { timeout: 30_000 },
  );
  expect(begun.toSorted()).toEqual(["recheck", "verifyRelease"]);
  let stopped = false;
  const stopping = loops.stop().then(() => (stopped = true));
  await story.database.now();
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  const { endedAt } = await story.database.verification.findUniqueOrThrow({ where: { releaseId: slow.releaseId } });
  expect(endedAt).not.toBeNull();
}, 120_000);
