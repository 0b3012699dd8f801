import type { Report } from "@freehold/forge-verify";
import { openStory, type Story } from "@freehold/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { underLease } from "../deadline-lease.ts";
import { OutwardWork } from "../outward-work.ts";
import { inVerification, releasing, type Told } from "../testing/told.ts";
import { DeadlineService } from "./deadline.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());

const fail = (_what: unknown, error: unknown) => {
  throw error;
};
const deadlines = () => story.get(DeadlineService);
const windowEnd = ({ developmentId }: Told) =>
  story.database.deadline.findUniqueOrThrow({
    where: { kind_subjectId: { kind: "window_ends", subjectId: developmentId } },
  });
const isDone = async (told: Told) => (await windowEnd(told)).doneAt !== null;

/** The final checks of one repository hang until the gate opens; how many have begun. */
function hanging(name: string) {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { verifier } = story.market.parts;
  const real = verifier.verifyRelease;
  const begun: string[] = [];
  const spy = vi.spyOn(verifier, "verifyRelease").mockImplementation(async (release): Promise<Report> => {
    if (release.phase === "final" && release.repository.slug.endsWith(`/${name}`)) {
      begun.push(name);
      await gate;
    }
    return real(release);
  });
  return { begun, open, end: () => spy.mockRestore() };
}

test("a repository that hangs holds up nobody else: with one worker, every other deadline is met meanwhile", async () => {
  const slow = await inVerification(story, { alice: 2000n }, 7);
  const other = await inVerification(story, { bob: 1000n }, 7);
  const silent = await releasing(story, { carla: 1000n });
  const hang = hanging(slow.repository.name);
  await story.market.wind("15 days");
  const [worker, second] = [new OutwardWork(fail), new OutwardWork(fail)];
  await deadlines().beginDue(worker, fail);
  // What stays in our own database is done when the run is over; so is what the other story waits for, soon after it.
  expect(await story.stage(silent.proposalId)).toBe("refunding");
  await vi.waitFor(async () => expect(await isDone(other)).toBe(true), { timeout: 30_000 });
  // It comes again and again, and so do other workers: none of them begins the same a second time.
  await deadlines().beginDue(worker, fail);
  await deadlines().beginDue(second, fail);
  await second.finished();
  expect(hang.begun).toEqual([slow.repository.name]);
  expect(await isDone(slow)).toBe(false);
  hang.open();
  await worker.finished();
  expect(await isDone(slow)).toBe(true);
  hang.end();
  await story.drain();
  expect(await Promise.all([slow, other, silent].map((told) => story.stage(told.proposalId)))).toEqual([
    "settled",
    "settled",
    "open",
  ]);
});

test("the deadline of a worker that was killed is met by another one, when the lease has run out", async () => {
  const told = await inVerification(story, { alice: 2000n }, 7);
  await story.market.wind("8 days");
  const { id } = await windowEnd(told);
  // Killed: nothing of it is ever heard again, and nobody renews its lease.
  void underLease(story.database, id, () => new Promise<boolean>(() => undefined), {
    holdsMs: 60_000,
    renewEveryMs: 2_000_000,
    againMs: 0,
  });
  await vi.waitFor(async () => expect((await windowEnd(told)).nextTryAt.getTime()).toBeGreaterThan(Date.now()));
  expect((await windowEnd(told)).nextTryAt.getTime() - Date.now()).toBeLessThanOrEqual(61_000);
  const work = new OutwardWork(fail);
  await deadlines().beginDue(work, fail);
  await work.finished();
  expect(await isDone(told)).toBe(false);
  // A minute later.
  await story.database.deadline.update({ where: { id }, data: { nextTryAt: new Date(Date.now() - 1) } });
  await deadlines().beginDue(work, fail);
  await work.finished();
  expect(await isDone(told)).toBe(true);
  await story.drain();
});

test("a lease is renewed as long as the work takes, and who lost it does not touch it again", async () => {
  const told = await inVerification(story, { alice: 2000n }, 7);
  await story.market.wind("8 days");
  const { id } = await windowEnd(told);
  const quick = { holdsMs: 1500, renewEveryMs: 100, againMs: 5000 };
  const until = async () => (await windowEnd(told)).nextTryAt.getTime();
  const kept = await underLease(
    story.database,
    id,
    async () => {
      const first = await until();
      await vi.waitFor(async () => expect(await until()).toBeGreaterThan(first + 2000), { timeout: 10_000 });
      expect(await underLease(story.database, id, async () => true)).toBe(false);
      return false;
    },
    quick,
  );
  expect(kept).toBe(false);
  // Not done: it comes again soon, not at once.
  expect(await until()).toBeGreaterThan(Date.now() + 3000);
  const moved = new Date(Date.now() - 1000);
  const move = () => story.database.deadline.update({ where: { id }, data: { nextTryAt: moved } });
  await move();
  await underLease(story.database, id, async () => (await move(), false), quick);
  expect(await until()).toBe(moved.getTime());
  await story.drain();
});
