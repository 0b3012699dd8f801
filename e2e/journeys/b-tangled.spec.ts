import { addresses } from "../support/addresses.ts";
import { expectAgreement } from "../support/agreement.ts";
import { knotRepository, pushCommit } from "../support/git.ts";
import { atProcessor } from "../support/processor.ts";
import {
  chooseRelease,
  estimate,
  getPaid,
  main,
  openPreview,
  pledge,
  propose,
  reserve,
  seen,
  submitRelease,
  wind,
} from "../support/story.ts";
import { expect, test } from "../support/test.ts";

test.use({ script: false });

test("the same on Tangled, by judy, and nobody's browser runs a script", async ({ as }) => {
  const [bob, carla, erin] = [await as("bob"), await as("carla"), await as("erin")];
  const [judy, frank] = [await as("judy"), await as("frank")];

  const id = await propose(erin, {
    project: "Knotwork",
    title: "Import a repository with its issues",
    points: ["Issues arrive in order.", "Running it twice adds nothing twice."],
  });
  await estimate(bob, id, "20");
  await estimate(carla, id, "15");

  const repository = await knotRepository("judy.test", "knotwork-import");
  await getPaid(judy, "Judy Developer");
  const development = await reserve(judy, id, `${addresses().knot}/judy.test/knotwork-import`);
  await openPreview(judy, id);
  await pledge(bob, id, "30");
  await pledge(erin, id, "5");

  await wind(frank, "+3d");
  await seen(judy, id, "Pledges are closed while judy decides");
  await chooseRelease(judy, id);
  const commit = await pushCommit(
    repository.cloneUrl,
    repository.signIn,
    { "issues.py": "def read(record):\n    return record['body']\n" },
    "Import issues, too",
  );
  await submitRelease(judy, id, commit);
  await seen(bob, id, /The code has been public under MIT since/);
  await expect(main(bob)).toContainText(commit);

  await test.step("every backer says that it is as they tried it", async () => {
    for (const page of [bob, erin]) {
      await page.goto(`/proposals/${id}`);
      await page.getByRole("link", { name: "Say it is as you tried it" }).click();
      await page.getByRole("button", { name: "It is as I tried it" }).click();
      await expect(main(page)).toContainText("Noted: it is as you tried it.");
    }
    await expect(main(erin)).toContainText("2 backers say it is as they tried it, nobody disputes it");
  });

  await wind(frank, "+12d");
  await seen(carla, id, "This feature is free. 2 people paid $35 for it, and it is yours too.");
  await judy.goto("/money");
  await expect(main(judy)).toContainText("$33.25 for released features");

  const { charges, transfers, refunds } = await atProcessor(development);
  expect(charges.map((one) => one.amount).toSorted()).toEqual([3125, 550].toSorted());
  expect(transfers.map((one) => one.amount).toSorted()).toEqual([2850, 475].toSorted());
  expect(refunds).toEqual([]);
  await expectAgreement(bob, erin);
});
