import { expectAgreement } from "../support/agreement.ts";
import { headOf, pushCommit, setPrivate } from "../support/git.ts";
import { atProcessor } from "../support/processor.ts";
import { chooseRelease, main, seen, submitRelease, wind } from "../support/story.ts";
import { expect, test } from "../support/test.ts";
import { toDecision } from "../support/to-decision.ts";

type Repository = Awaited<ReturnType<typeof toDecision>>["repository"];

const cases: {
  what: string;
  title: string;
  reason: string | RegExp;
  release(repository: Repository): Promise<string>;
}[] = [
  {
    what: "is not public",
    title: "Sort a list by hand",
    reason: /sort-a-list-by-hand is not there for the public: it was deleted or made private\./,
    async release(repository) {
      const commit = await push(repository, { "sort.ts": "export {};\n" });
      await setPrivate(repository, true);
      return commit;
    },
  },
  {
    what: "is not new",
    title: "Send a thread by mail",
    reason: /This commit was public already on \d{4}-\d\d-\d\d\./,
    release: (repository) => headOf(repository.cloneUrl),
  },
  {
    what: "is not openly licensed",
    title: "Read a thread aloud",
    reason: "There is no licence file at the root of this commit.",
    release: (repository) => push(repository, { "aloud.ts": "export {};\n", LICENSE: null }),
  },
];

const push = (repository: Repository, files: Record<string, string | null>) =>
  pushCommit(repository.cloneUrl, repository.signIn, files, "As promised");

for (const { what, title, reason, release } of cases)
  test(`a release that ${what} is refused with its reason, and after the cure time everyone is refunded in full`, async ({
    as,
  }) => {
    const [bob, carla, dave, frank] = [await as("bob"), await as("carla"), await as("dave"), await as("frank")];
    const { id, development, repository } = await toDecision(
      {
        developer: { page: dave, name: "dave" },
        backers: [
          [carla, "14"],
          [bob, "6"],
        ],
        staff: frank,
      },
      { title },
    );
    await chooseRelease(dave, id);
    await submitRelease(dave, id, await release(repository));
    await seen(bob, id, /The first release did not pass\. dave makes the code public by/);
    await expect(main(bob).getByText(reason).first()).toBeVisible();
    expect((await atProcessor(development)).refunds, "there is time for a cure").toEqual([]);

    await wind(frank, "+3d");
    await seen(carla, id, "Earlier attempts: dave, release did not pass");
    const { charges, transfers, refunds } = await atProcessor(development);
    expect(charges.map((one) => one.amount).toSorted()).toEqual([1477, 653].toSorted());
    expect(refunds.map((one) => one.amount).toSorted(), "the whole charge, each").toEqual([1477, 653].toSorted());
    expect(transfers).toEqual([]);
    await expectAgreement(bob, carla);
  });
