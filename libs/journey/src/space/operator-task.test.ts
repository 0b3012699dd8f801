import { raiseTask } from "@freehold/escrow";
import { findingsOf, openStory, type Story } from "@freehold/testing";
import { usd } from "@freehold/values";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { StaffQueueQueries } from "../pages/staff-queue.queries.ts";
import { pledged } from "../testing/told.ts";
import { OperatorTaskService } from "./operator-task.service.ts";

let story: Story;
beforeAll(async () => {
  story = await openStory();
});
afterAll(() => story.close());
afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

const raise = async (key: string, subjectId?: string) => {
  await story.database.transact((tx) =>
    raiseTask(tx, {
      key,
      kind: "refund_owed",
      cause: `The bank sent ${key} back.`,
      nextStep: "Ask the backer for another way.",
      amount: usd(1200n),
      ...(subjectId === undefined ? {} : { subjectId }),
    }),
  );
  return (await story.database.operatorTask.findUniqueOrThrow({ where: { key } })).id;
};
const complete = async (name: string, id: string, note = "Returned by hand.") => {
  const partyId = await story.party(name);
  return story.database.transact((tx) => story.get(OperatorTaskService).complete(tx, partyId, id, { note }));
};
const queue = async (name: string, place?: string) =>
  story.get(StaffQueueQueries).queue(await story.party(name), place);

test("staff without a stake mark a task as done, once, with a note that stays", async () => {
  const told = await pledged(story, { alice: 1200n, frank: 600n });
  const id = await raise("one", told.pledges["alice"]);
  expect((await queue("grace")).tasks).toMatchObject([
    {
      id,
      cause: "The bank sent one back.",
      amount: { minor: "1200" },
      hasStake: false,
      proposal: { id: told.proposalId },
    },
  ]);
  await expect(complete("alice", id)).rejects.toMatchObject({ code: "not_staff" });
  await expect(queue("alice")).rejects.toMatchObject({ code: "not_staff" });
  expect((await queue("frank")).tasks).toMatchObject([{ hasStake: true }]);
  await expect(complete("frank", id)).rejects.toMatchObject({ code: "has_stake" });
  await expect(complete("grace", told.proposalId)).rejects.toMatchObject({ code: "task_not_found" });
  await complete("grace", id);
  await expect(complete("heidi", id)).rejects.toMatchObject({ code: "task_done" });
  const after = await queue("heidi");
  expect(after.tasks).toEqual([]);
  expect(after.done).toMatchObject([{ id, note: "Returned by hand.", doneBy: { name: "grace" } }]);
  const history = await story.database.history.findMany({ where: { subjectType: "operator_task", subjectId: id } });
  expect(history).toMatchObject([
    {
      move: "complete",
      fromState: "open",
      toState: "done",
      reason: "Returned by hand.",
      actorPartyId: await story.party("grace"),
    },
  ]);
});

test("when two of staff do it in the same moment, one of them did it", async () => {
  const id = await raise("both");
  const answers = await Promise.allSettled([complete("grace", id), complete("heidi", id, "I did it.")]);
  expect(answers.map((answer) => answer.status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("what has waited longest stands first, and a long queue goes on from page to page", async () => {
  for (let index = 0; index < 33; index += 1) await raise(`task ${index}`);
  const first = await queue("grace");
  const second = await queue("grace", first.nextTasks!);
  const causes = [...first.tasks, ...second.tasks].map((task) => task.cause);
  expect(causes).toEqual(Array.from({ length: 33 }, (_, index) => `The bank sent task ${index} back.`));
  expect(second.nextTasks).toBeNull();
});

test("answering an owed refund says in the books that it was returned; an unknown movement is booked where a person says", async () => {
  await story.market.asOwner("UPDATE operator_task SET done_at = clock_now() WHERE done_at IS NULL");
  const told = await pledged(story, { bob: 1500n });
  await story.takeBack("bob", told.pledges["bob"]!);
  const refund = await story.database.refund.findFirstOrThrow({ where: { paymentId: told.pledges["bob"]! } });
  await story.market.stripe.control.failRefund(refund.objectId!);
  await story.drain();
  const owed = await story.database.operatorTask.findUniqueOrThrow({ where: { key: `refund_owed:${refund.id}` } });
  expect((await queue("grace")).tasks).toMatchObject([{ id: owed.id, act: "note_repaid" }]);
  await complete("grace", owed.id, "By bank transfer, statement 12.");
  expect(await story.database.refund.findUniqueOrThrow({ where: { id: refund.id } })).toMatchObject({
    state: "repaid",
    note: "By bank transfer, statement 12.",
  });
  await story.market.stripe.control.adjust(-250, { description: "Monthly fee", category: "stripe_fee" });
  await story.market.vault.movements.take();
  await story.market.wind("20 minutes");
  await story.market.vault.movements.reconcile();
  const [task] = (await queue("grace")).tasks;
  expect(task).toMatchObject({ act: "classify", kind: "movement_unknown" });
  await expect(complete("grace", task!.id)).rejects.toMatchObject({ code: "account_needed" });
  const partyId = await story.party("grace");
  await story.database.transact((tx) =>
    story
      .get(OperatorTaskService)
      .complete(tx, partyId, task!.id, { note: "The invoice of May.", account: "stripe_fee" }),
  );
  expect((await queue("grace")).tasks).toEqual([]);
});
