import { expectAgreement, minor } from "../support/agreement.ts";
import { newRepository, pushCommit } from "../support/git.ts";
import { CHALLENGED, DECLINED, payByCard, tryCard, VISA } from "../support/pay.ts";
import { signUpAtHost } from "../support/people.ts";
import { picture } from "../support/pictures.ts";
import { atProcessor } from "../support/processor.ts";
import { expectVerifiable } from "../support/proof.ts";
import {
  beginPledge,
  chooseRelease,
  donate,
  estimate,
  getPaid,
  main,
  openPreview,
  pledge,
  propose,
  proposalOf,
  reserve,
  seen,
  submitRelease,
  tryEstimate,
  wind,
} from "../support/story.ts";
import { expect, test } from "../support/test.ts";

test("a wish goes all the way to money in dave's account, and the code is everyone's", async ({ as, stranger }) => {
  const [alice, bob, carla] = [await as("alice"), await as("bob"), await as("carla")];
  const [dave, frank] = [await as("dave"), await as("frank")];
  const title = "Read threads offline";

  const id = await test.step("alice proposes it", () => propose(alice, { title }));

  await test.step("a newcomer estimates, makes an account on the way, and what was typed is still there", async () => {
    const nina = await stranger();
    await nina.goto("/");
    await nina.getByRole("link", { name: title }).click();
    await nina.getByRole("link", { name: "Estimate what it is worth" }).click();
    await nina.getByLabel("What you would pay").fill("12.50");
    await nina.getByRole("button", { name: "Send the estimate" }).click();
    await expect(main(nina)).toContainText("You come back to where you were, and what you typed is kept.");
    await nina.getByRole("link", { name: "No account? Make one" }).click();
    await signUpAtHost(nina, "nina");
    expect(proposalOf(nina)).toBe(id);
    await expect(nina.getByLabel("What you would pay")).toHaveValue("12.50");
    await nina.getByRole("button", { name: "Send the estimate" }).click();
    await expect(main(nina)).toContainText("Your estimate is recorded.");
  });

  await test.step("bob may estimate 2500 cents and not one more; carla estimates, too", async () => {
    await tryEstimate(bob, id, "25.01");
    await expect(main(bob)).toContainText("$25.01 is above your limit of $25");
    await estimate(bob, id, "25");
    await estimate(carla, id, "20");
    await expect(main(carla)).toContainText("3 people would pay $57.50 together.");
  });

  const repository = await newRepository("dave", "larkspur-offline");
  const development = await test.step("dave sets up how he is paid and reserves it", async () => {
    await getPaid(dave, "Dave Developer");
    return reserve(dave, id, repository.webUrl, "150");
  });

  await test.step("carla donates: her money is dave's today, and she says what the whole would be worth", async () => {
    await donate(carla, id, "10", "35");
    await dave.goto("/money");
    await expect(main(dave)).toContainText("$10 in donations");
  });

  await test.step("dave opens the preview", () => openPreview(dave, id));

  await test.step("alice reads what $40 means before she pays it", async () => {
    await alice.goto(`/proposals/${id}/pledge?amount=40`);
    await expect(main(alice)).toContainText(
      "You pay $41.55: $40.00 is held for this feature and $1.55 is our service fee. If dave releases the code and it passes the checks, dave receives $38.00 and Freehold $2.",
    );
    await expect(main(alice)).toContainText("all $41.55 comes back");
    await pledge(alice, id, "40", VISA);
  });

  await test.step("bob's first card is declined; the second pays, once", async () => {
    await beginPledge(bob, id, "25");
    await tryCard(bob, DECLINED);
    await expect(bob.getByRole("alert")).toHaveText("Your card was declined.");
    await payByCard(bob, VISA);
    await expect(main(bob)).toContainText("$25.00 pledged: held.");
  });

  await test.step("carla's bank asks whether it is her", async () => {
    await pledge(carla, id, "60", CHALLENGED);
    await carla.goto(`/proposals/${id}`);
    await expect(main(carla)).toContainText("held from 3 people");
    expect(minor(await carla.getByRole("complementary").locator("p").first().textContent())).toBe(125_00);
  });
  await expectAgreement(alice, bob, carla);

  await test.step("the preview closes, and dave decides to release", async () => {
    await wind(frank, "+3d");
    await seen(alice, id, "Pledges are closed while dave decides");
    await chooseRelease(dave, id);
  });

  await test.step("dave pushes the code, and its checks pass in everybody's sight", async () => {
    const commit = await pushCommit(
      repository.cloneUrl,
      repository.signIn,
      { "src/offline.ts": "export const offline = true;\n" },
      "Read threads offline",
    );
    await submitRelease(dave, id, commit);
    await seen(bob, id, /The code has been public under MIT since/);
    await expect(main(bob)).toContainText(`Commit ${commit} on branch main of dave/larkspur-offline`);
    await expect(main(bob)).toContainText("passed its checks, under MIT");
    await expect(main(bob).getByText("failed", { exact: true })).toHaveCount(0);
  });

  await test.step("anybody reads the proof, takes the code, and verifies it on their own machine", async () => {
    await bob.getByRole("link", { name: "The whole proof, and the code to take away" }).click();
    await expect(bob.getByRole("heading", { name: "Is the code really out?" })).toBeVisible();
    await expect(main(bob)).toContainText("Under an open-source licence");
    await expect(main(bob)).toContainText("Does not prove: that the code never was public anywhere.");
    await expect(main(bob).getByRole("list", { name: "Looks" }).getByRole("listitem").first()).toContainText(
      "in order",
    );
    await picture(bob, "proof");
    await expectVerifiable(bob.url());
  });

  await test.step("the time for objections passes; dave is paid, less what was said before", async () => {
    await wind(frank, "+12d");
    await seen(alice, id, "This feature is free. 3 people paid $125 for it, and it is yours too.");
    await expect(main(alice)).toContainText("$118.75 of it to dave");
    await dave.goto("/money");
    await expect(main(dave)).toContainText("$118.75 for released features and $10 in donations.");
  });

  await test.step("the processor has the same: three charges, three transfers, no refund", async () => {
    const { charges, refusedCharges, transfers, refunds } = await atProcessor(development);
    expect(charges.map((one) => one.amount).toSorted()).toEqual([2610, 4155, 6215]);
    expect(charges.map((one) => one.authenticated).filter(Boolean)).toHaveLength(1);
    expect(refusedCharges.map((one) => one.failure_code)).toEqual(["card_declined"]);
    expect(transfers.map((one) => one.amount).toSorted()).toEqual([2375, 3800, 5700]);
    expect(new Set(transfers.map((one) => one.destination)).size).toBe(1);
    expect(refunds).toEqual([]);
  });

  await test.step("alice, whose $40 were paid out, may now estimate 8000 cents and not one more", async () => {
    const next = await propose(bob, { title: "Keep a thread's place between devices" });
    await tryEstimate(alice, next, "80.01");
    await expect(main(alice)).toContainText("$80.01 is above your limit of $80");
    await estimate(alice, next, "80.00");
    await expect(main(alice)).toContainText("1 person would pay $80 together. They have paid here before.");
  });

  await expectAgreement(alice, bob, carla);
});
