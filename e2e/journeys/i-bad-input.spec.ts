import { expectAgreement } from "../support/agreement.ts";
import { atProcessor, dump } from "../support/processor.ts";
import { fillProposal, getPaid, main, openPreview, propose, proposalOf, reserve, seen } from "../support/story.ts";
import { newRepository } from "../support/git.ts";
import { VISA, payByCard } from "../support/pay.ts";
import { signUpAtHost } from "../support/people.ts";
import { expect, test } from "../support/test.ts";

test("a pledge form that is sent twice makes one payment", async ({ as }) => {
  const [carla, dave] = [await as("carla"), await as("dave")];
  const id = await propose(carla, { title: "Sent twice" });
  await getPaid(dave, "Dave Developer");
  const development = await reserve(dave, id, (await newRepository("dave", "sent-twice")).webUrl);
  await openPreview(dave, id);

  await carla.goto(`/proposals/${id}/pledge?amount=7`);
  const before = (await dump()).session.length;
  const form = await carla
    .getByRole("form", { name: "Pledge" })
    .evaluate((element: HTMLFormElement) =>
      Object.fromEntries([...new FormData(element)].map(([name, value]) => [name, String(value)])),
    );
  const send = () =>
    carla.request.post(`/proposals/${id}/pledge?amount=7`, {
      form,
      headers: { origin: new URL(carla.url()).origin },
      maxRedirects: 0,
    });
  const [one, two] = await Promise.all([send(), send()]);
  expect([one.status(), two.status()]).toEqual([303, 303]);
  expect(two.headers()["location"]).toBe(one.headers()["location"]);
  // And once more with the button, as after going back.
  await carla.getByRole("button", { name: "Pledge $7.00" }).click();
  await payByCard(carla, VISA);
  await expect(main(carla)).toContainText("$7.00 pledged: held.");
  expect((await dump()).session.length - before).toBe(1);
  await carla.goto(`/proposals/${id}`);
  await expect(main(carla)).toContainText("held from 1 person");

  await test.step("carla takes it back: the pledge returns, the service fee does not", async () => {
    await carla.getByRole("link", { name: "Take your pledge back" }).click();
    await carla.getByRole("button", { name: "Take back $7.00" }).click();
    await expect(main(carla)).toContainText("Your pledge is on its way back to your card.");
    await expect.poll(async () => (await atProcessor(development)).refunds.map((one) => one.amount)).toEqual([700]);
    await seen(carla, id, "held from 0 people");
    await expectAgreement(carla);
  });
});

test("what people write is shown as they wrote it, and never run", async ({ as, stranger }) => {
  const bob = await as("bob");
  const title = `<script>alert("title")</script><img src=x onerror=alert(1)>`;
  const id = await propose(bob, {
    title,
    project: `"><svg onload=alert(2)>`,
    why: `</p><script>document.title = "taken"</script> {{7*7}} ' OR 1=1 --`,
    points: [`<iframe src="javascript:alert(3)"></iframe>`],
  });
  const visitor = await stranger();
  const asked: string[] = [];
  visitor.on("dialog", (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  for (const path of [`/proposals/${id}`, "/", "/proposals", `/proposals/${id}/badge`, `/proposals/${id}/estimate`]) {
    await visitor.goto(path);
    await expect(main(visitor).getByText(title).first(), path).toBeVisible();
    expect(await visitor.locator("main script:not([nonce]), main iframe, main img[src=x]").count(), path).toBe(0);
  }
  await visitor.goto(`/proposals/${id}`);
  await expect(visitor).toHaveTitle(/alert\("title"\)/);
  await expect(main(visitor)).toContainText("</p><script>document.title");
  expect(asked).toEqual([]);
});

test("a form without its token is refused with a sentence, and changes nothing", async ({ as }) => {
  const alice = await as("alice");
  const id = await propose(alice, { title: "Without a token" });
  const frank = await as("frank");
  await frank.goto(`/proposals/${id}/estimate`);
  await frank.getByLabel("What you would pay").fill("10");
  await frank
    .locator("main form input[name=csrf]")
    .first()
    .evaluate((input: HTMLInputElement) => (input.value = ""));
  const answered = frank.waitForResponse((response) => response.request().method() === "POST");
  await frank.getByRole("button", { name: "Send the estimate" }).click();
  expect((await answered).status()).toBe(403);
  await expect(main(frank)).toContainText(
    "The form was not sent from our page, or it is too old. Load the page again.",
  );
  await expect(frank.getByLabel("What you would pay")).toHaveValue("10");
  await frank.goto(`/proposals/${id}`);
  await expect(main(frank)).toContainText("Nobody has estimated this yet.");
});

test("a form that another site sends with the visitor's cookies is refused", async ({ as }) => {
  const alice = await as("alice");
  const sent = await alice.request.post("/propose", {
    headers: { origin: "http://elsewhere.example" },
    form: { project: "Larkspur", title: "From elsewhere", body: "No.", points: "No." },
    maxRedirects: 0,
  });
  expect(sent.status()).toBeGreaterThanOrEqual(400);
  expect(sent.status()).toBeLessThan(500);
  await alice.goto("/proposals");
  await expect(alice.getByRole("link", { name: "From elsewhere" })).toHaveCount(0);
});

test("bad input anywhere is answered with a sentence and a status below 500", async ({ as }) => {
  const erin = await as("erin");
  const id = await propose(erin, { title: "Bad input" });
  const amounts = ["-5", "0", "4.99", "1e9", "NaN", "99999999999999999999", "1,5", "5.001", "", "five", "5\u0000"];
  for (const amount of amounts) {
    await erin.goto(`/proposals/${id}/estimate`);
    await erin.getByLabel("What you would pay").fill(amount);
    const answered = erin.waitForResponse((response) => response.request().method() === "POST");
    await erin.getByRole("button", { name: "Send the estimate" }).click();
    const status = (await answered).status();
    expect(status, `“${amount}”`).toBeGreaterThanOrEqual(400);
    expect(status, `“${amount}”`).toBeLessThan(500);
  }
  await erin.goto(`/proposals/${id}`);
  await expect(main(erin)).toContainText("Nobody has estimated this yet.");
  for (const path of ["/proposals/nothing", `/payments/${id}`, `/cases/${id}`, "/projects/nowhere", "/nowhere"]) {
    const answer = await erin.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(erin.getByRole("heading", { level: 1 }), path).toHaveText("There is nothing here");
  }
});

test("a long wish survives signing up, too", async ({ stranger }) => {
  const page = await stranger();
  await page.goto("/propose");
  const why = "People manage without it today, and badly. ".repeat(60).trim();
  await fillProposal(page, { title: "A long wish", why });
  await page.getByRole("button", { name: "Propose this feature" }).click();
  await page.getByRole("link", { name: "No account? Make one" }).click();
  await signUpAtHost(page, "oscar");
  await expect(page.getByLabel("Why")).toHaveValue(why);
  await page.getByRole("button", { name: "Propose this feature" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A long wish");
  expect(proposalOf(page)).toMatch(/^[0-9a-f-]{36}$/);
});

test("signing out ends the session, and going back does not bring it back", async ({ as, browser, baseURL }) => {
  // In a browser of its own: the saved one is still wanted.
  const judy = await as("judy");
  const again = await browser.newContext({ baseURL: baseURL! });
  const page = await again.newPage();
  await page.goto("/sign-in?return=/money");
  await page.getByRole("button", { name: "Sign in as heidi" }).click();
  await page.getByRole("textbox", { name: "Password", exact: true }).fill("hunter2-heidi");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("My money");
  const session = (await again.cookies()).find((cookie) => cookie.name.endsWith("freehold_session"));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
  await page.goto("/money");
  await expect(page).toHaveURL(/\/sign-in\?return=/);
  // A copy of the old cookie opens nothing either.
  await again.addCookies([session!]);
  await page.goto("/money");
  await expect(page).toHaveURL(/\/sign-in\?return=/);
  await again.close();

  await judy.goto("/money");
  await expect(judy.getByRole("heading", { level: 1 }), "nobody else was signed out").toHaveText("My money");
});
