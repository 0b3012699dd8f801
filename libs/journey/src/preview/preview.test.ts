import { DAY_MS } from "@freehold/values";
import { openStory, type Story } from "@freehold/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foundingPolicy } from "../policy.ts";
import { dueAt, endingOf, movesOf } from "../testing/told.ts";
import { requireBranch, requireSpan } from "./preview.ts";
import { PreviewService } from "./preview.service.ts";

describe("lengths", () => {
  test.each([
    [3, 7],
    [28, 7],
    [5, 30],
    [14, 14],
    [21, 14],
  ])("%i days and a window of %i fit", (days, windowDays) => requireSpan(foundingPolicy, days, windowDays));

  test.each([
    [2, 7],
    [29, 7],
    [3, 6],
    [3, 31],
    [28, 8],
    [6, 30],
    [3.5, 7],
    [Number.NaN, 7],
    [-3, 40],
  ])("%d days and a window of %d do not", (days, windowDays) =>
    expect(() => requireSpan(foundingPolicy, days, windowDays)).toThrow(
      expect.objectContaining({ code: "preview_length_invalid" }),
    ),
  );
});

describe("the branch's name", () => {
  test.each(["main", "release/1.2", "feature-offline", "v2+x", "a".repeat(200)])("%s is one", (name) =>
    requireBranch(name),
  );
  test.each([
    "",
    "-x",
    "--upload-pack=x",
    "a..b",
    "a//b",
    "a/",
    "a.",
    ".a",
    "a/.b",
    "x.lock",
    "x.lock/y",
    "refs/pull/1/head",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a\nb",
    "ä",
    "a".repeat(201),
    "@{-1}",
  ])("%j is not", (name) =>
    expect(() => requireBranch(name)).toThrow(expect.objectContaining({ code: "branch_invalid" })),
  );
});

describe("opening", () => {
  let story: Story;
  let proposalId: string;
  let developmentId: string;
  beforeAll(async () => {
    story = await openStory();
    proposalId = await story.propose();
    const { url } = await story.repository("dave");
    developmentId = await story.reserve("dave", proposalId, url);
  });
  afterAll(() => story.close());

  const open = async (name: string, given: object = {}) => {
    const partyId = await story.party(name);
    const body = {
      kind: "page" as const,
      url: `${story.market.preview.url}/x`,
      howToReach: "Open it and sign in.",
      points: ["It opens."],
      days: 3,
      windowDays: 7,
      branch: "main",
    };
    const previews = story.get(PreviewService);
    const whole = { ...body, ...given };
    const seen = await previews.look(story.database, partyId, developmentId, whole);
    return story.database.transact((tx) => previews.open(tx, partyId, developmentId, whole, seen));
  };

  test("is its developer's alone, within the limits, and for one who can be paid — in this order", async () => {
    await expect(open("judy", { days: 99, branch: "..", windowDays: 0 })).rejects.toMatchObject({
      code: "not_developer",
    });
    await expect(open("dave", { days: 99, branch: ".." })).rejects.toMatchObject({ code: "preview_length_invalid" });
    await expect(open("dave", { branch: ".." })).rejects.toMatchObject({ code: "branch_invalid" });
    await expect(open("dave")).rejects.toMatchObject({ code: "payee_not_payable" });
    expect(await story.stage(proposalId)).toBe("in_development");
  });

  test("freezes branch and payees, ends the reservation, and says when it closes", async () => {
    await story.makePayable("dave");
    await open("dave");
    const development = await story.database.development.findUniqueOrThrow({
      where: { id: developmentId },
      include: { preview: true, payees: true },
    });
    expect(development.branch).toBe("main");
    expect(development.payees.every((line) => line.frozenAt !== null)).toBe(true);
    expect(development.preview!.closesAt.getTime() - development.preview!.openedAt.getTime()).toBe(3 * DAY_MS);
    expect(await dueAt(story, "reservation_lapses", developmentId)).toBeNull();
    expect(await dueAt(story, "preview_closes", developmentId)).toEqual(development.preview!.closesAt);
    await expect(open("dave")).rejects.toMatchObject({ code: "wrong_stage" });
  });

  test("and when nobody pledges, the proposal is open again at its end", async () => {
    await story.wind("71 hours");
    expect(await story.stage(proposalId)).toBe("in_preview");
    await story.wind("1 hour");
    expect(await story.stage(proposalId)).toBe("open");
    expect(await endingOf(story, developmentId)).toBe("nothing_held");
    expect(await movesOf(story, proposalId)).toEqual(["propose", "reserve", "open_preview", "close_empty"]);
  });
});
