import { expectAgreement } from "../support/agreement.ts";
import { atProcessor } from "../support/processor.ts";
import { main, seen, wind } from "../support/story.ts";
import { expect, test } from "../support/test.ts";
import { toDecision } from "../support/to-decision.ts";

test("judy declines: pledges come back and the service fee does not", async ({ as }) => {
  const [carla, erin, judy] = [await as("carla"), await as("erin"), await as("judy")];
  const { id, development } = await toDecision(
    {
      developer: { page: judy, name: "judy" },
      backers: [
        [carla, "30"],
        [erin, "12"],
      ],
      staff: await as("frank"),
    },
    { title: "Mute a word for a day" },
  );
  await judy.goto(`/proposals/${id}/decide`);
  const form = judy.getByRole("form", { name: "Decline" });
  await form.getByLabel("A note to those who pledged").fill("It would have to be three times as much.");
  await form.getByRole("button", { name: "Decline and refund everyone" }).click();
  await expect(main(judy)).toContainText("You declined. Everyone who pledged is refunded.");
  await seen(carla, id, "Earlier attempts: judy, declined");
  await expect(main(carla)).toContainText("“It would have to be three times as much.”");
  await goesBackWithoutTheFee(development, [3000, 1200]);
  await carla.goto("/money");
  const row = carla.getByRole("row", { name: /Mute a word for a day/ });
  await expect(row).toContainText("returned");
  await expect(row).toContainText("$30.00 returned");
  await expectAgreement(carla, erin);
});

test("dave says nothing: after seven days that is a no, and everybody is refunded", async ({ as }) => {
  const [alice, bob, frank] = [await as("alice"), await as("bob"), await as("frank")];
  const { id, development } = await toDecision(
    {
      developer: { page: await as("dave"), name: "dave" },
      backers: [
        [bob, "25"],
        [alice, "8"],
      ],
      staff: frank,
    },
    { title: "Follow a word" },
  );
  await wind(frank, "+6d");
  await seen(bob, id, "Pledges are closed while dave decides");
  expect((await atProcessor(development)).refunds).toEqual([]);
  await wind(frank, "+1d");
  await seen(bob, id, "Earlier attempts: dave, not decided in time");
  await goesBackWithoutTheFee(development, [2500, 800]);
  await expectAgreement(alice, bob);
});

async function goesBackWithoutTheFee(development: string, pledges: number[]): Promise<void> {
  const { charges, transfers, refunds } = await atProcessor(development);
  expect(refunds.map((one) => one.amount).toSorted()).toEqual(pledges.toSorted());
  const fees = pledges.map((minor) => Math.ceil((minor * 3) / 100) + 35);
  expect(charges.map((one) => one.amount).toSorted()).toEqual(pledges.map((minor, n) => minor + fees[n]!).toSorted());
  expect(transfers).toEqual([]);
}
