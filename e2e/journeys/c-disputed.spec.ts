import { expectAgreement } from "../support/agreement.ts";
import { pushCommit } from "../support/git.ts";
import { atProcessor } from "../support/processor.ts";
import { chooseRelease, main, seen, submitRelease, wind } from "../support/story.ts";
import { expect, test } from "../support/test.ts";
import { toDecision } from "../support/to-decision.ts";

const said = "A thread with images stays empty without a connection; in the preview it did not.";

test("backers are found right: everything comes back, the service fee included", async ({ as }) => {
  const [alice, bob, grace] = [await as("alice"), await as("bob"), await as("grace")];
  const [dave, frank] = [await as("dave"), await as("frank")];
  const { id, development, repository } = await toDecision(
    {
      developer: { page: dave, name: "dave" },
      backers: [
        [alice, "20"],
        [bob, "10"],
        [grace, "5"],
      ],
      staff: frank,
    },
    { title: "Print a thread" },
  );
  await chooseRelease(dave, id);
  const commit = await pushCommit(repository.cloneUrl, repository.signIn, { "print.ts": "export {};\n" }, "Print");
  await submitRelease(dave, id, commit);
  await seen(alice, id, /The code has been public under MIT since/);

  await test.step("alice disputes it", async () => {
    await alice.getByRole("link", { name: "Dispute this release" }).click();
    await alice.getByLabel("What differs").fill(said);
    await alice.getByRole("button", { name: "Dispute the release" }).click();
    await expect(main(alice)).toContainText("Your dispute is made.");
    await expect(main(alice)).toContainText("nothing is paid before they have");
  });

  await test.step("the window passes, and nobody is paid while the case is open", async () => {
    await wind(frank, "+15d");
    await seen(bob, id, "Staff without a stake answer");
  });

  await test.step("grace is staff, but her own money is in it: she may read and not rule", async () => {
    await grace.goto("/staff");
    const row = grace.getByRole("row", { name: /Print a thread/ });
    await expect(row).toContainText("hold a stake: somebody else rules");
    await row.getByRole("link", { name: "Print a thread" }).click();
    await expect(main(grace)).toContainText(said);
    await expect(grace.getByRole("form", { name: "Ruling" })).toHaveCount(0);
    const session = (await (await grace.request.get("/api/session")).json()) as { csrfToken: string };
    const caseId = new URL(grace.url()).pathname.split("/").at(-1);
    const asked = await grace.request.post(`/api/cases/${caseId}/rulings`, {
      headers: { "x-csrf-token": session.csrfToken, "idempotency-key": crypto.randomUUID() },
      data: { ruling: "dismiss", reasons: "I would like my own money to be paid out after all." },
    });
    expect([asked.status(), ((await asked.json()) as { code: string }).code]).toEqual([403, "has_stake"]);
  });

  await test.step("frank, who has none, rules for the backers", async () => {
    await frank.goto("/staff");
    await frank.getByRole("link", { name: "Print a thread" }).click();
    const form = frank.getByRole("form", { name: "Ruling" });
    await form.getByLabel("Refund: everyone who pledged gets everything back").check();
    await form
      .getByLabel("Reasons for the ruling")
      .fill("Images do not print, as the statement says; the preview printed them.");
    await form.getByRole("button", { name: "Make the ruling" }).click();
    await expect(main(frank)).toContainText("The ruling is made");
  });

  await test.step("it takes effect after 48 hours, not before", async () => {
    await wind(frank, "+47h");
    await seen(bob, id, "everyone is refunded in full");
    expect((await atProcessor(development)).refunds).toEqual([]);
    await wind(frank, "+2h");
    await seen(alice, id, "Nobody is building this yet");
    await expect(main(alice)).toContainText("Earlier attempts: dave, refunded after a case");
  });

  const { charges, transfers, refunds } = await atProcessor(development);
  expect(charges.map((one) => one.amount).toSorted()).toEqual([1065, 2095, 550].toSorted());
  expect(refunds.map((one) => one.amount).toSorted(), "the whole charge, each").toEqual(
    charges.map((one) => one.amount).toSorted(),
  );
  expect(transfers).toEqual([]);
  await expectAgreement(alice, bob, grace);
});
