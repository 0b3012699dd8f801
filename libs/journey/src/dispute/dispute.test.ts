import { findingsOf, openStory, type Story } from "@freehold/testing";
import { newId } from "@freehold/values";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { foundingPolicy } from "../policy.ts";
import { admit, dueAt, endingOf, fates, inVerification, movesOf, noticesOf } from "../testing/told.ts";
import { isBlocking } from "./case.ts";

describe("when a case stops everybody's money", () => {
  const weight = (held: bigint, disputed: bigint, disputers: number) => ({ held, disputed, disputers });
  test.each([
    ["a tenth of what is held, exactly", weight(10_000n, 1000n, 1), null, true],
    ["a cent less than a tenth", weight(10_000n, 999n, 1), null, false],
    ["two small ones", weight(100_000n, 1000n, 2), null, false],
    ["three small ones", weight(100_000n, 1500n, 3), null, true],
    ["a small one that staff admitted", weight(100_000n, 500n, 1), true, true],
    ["a large one that staff rejected", weight(10_000n, 9000n, 3), false, false],
  ] as const)("%s", (_name, sums, admitted, blocks) => expect(isBlocking(sums, admitted, foundingPolicy)).toBe(blocks));
});

describe("a case", () => {
  let story: Story;
  beforeAll(async () => {
    story = await openStory();
  });
  afterAll(() => story.close());
  afterEach(async () => expect(await findingsOf(story.market)).toEqual([]));

  test("E11, E14, H5 is opened by a backer, once, and answered by staff who have no stake", async () => {
    const told = await inVerification(story, { alice: 2000n, bob: 1000n, heidi: 500n });
    await expect(story.dispute("carla", told.releaseId)).rejects.toMatchObject({ code: "not_a_backer" });
    await expect(story.dispute("dave", told.releaseId)).rejects.toMatchObject({ code: "not_a_backer" });
    await expect(story.dispute("alice", newId())).rejects.toMatchObject({ code: "release_not_found" });
    const caseId = await story.dispute("alice", told.releaseId);
    await expect(story.dispute("alice", told.releaseId)).rejects.toMatchObject({ code: "already_disputed" });
    await expect(story.confirm("alice", told.releaseId)).rejects.toMatchObject({ code: "already_disputed" });
    expect(await story.dispute("bob", told.releaseId), "all disputes on a release form one case").toBe(caseId);
    expect(await noticesOf(story, "dave", `/proposals/${told.proposalId}`)).toContain("disputed");
    await expect(story.rule("bob", caseId, "refund")).rejects.toMatchObject({ code: "not_staff" });
    await expect(story.rule("dave", caseId, "dismiss")).rejects.toMatchObject({ code: "not_staff" });
    await expect(story.rule("heidi", caseId, "refund")).rejects.toMatchObject({ code: "has_stake" });
    await expect(admit(story, "heidi", caseId, true)).rejects.toMatchObject({ code: "has_stake" });
    await expect(story.rule("frank", newId(), "refund")).rejects.toMatchObject({ code: "case_not_found" });

    await story.rule("frank", caseId, "refund");
    await expect(story.rule("grace", caseId, "dismiss")).rejects.toMatchObject({ code: "case_closed" });
    await expect(admit(story, "grace", caseId, false)).rejects.toMatchObject({ code: "case_closed" });
    expect(await movesOf(story, caseId)).toEqual(["dispute", "dispute", "find", "rule"]);
    expect(await story.stage(told.proposalId), "48 hours after its notice").toBe("in_verification");
    await story.wind("47 hours");
    expect(await story.stage(told.proposalId)).toBe("in_verification");
    await story.wind("1 hour");
    expect(await story.stage(told.proposalId)).toBe("open");
    expect(await endingOf(story, told.developmentId)).toBe("ruled_refund");
    // Everybody, whether they disputed or not, and the service fee with it.
    expect(await fates(story, told)).toEqual({
      alice: "refunded whole 2095",
      bob: "refunded whole 1065",
      heidi: "refunded whole 550",
    });
    await expect(story.dispute("bob", told.releaseId), "already refunded").rejects.toMatchObject({
      code: "wrong_stage",
    });
  });

  test("that blocks keeps everybody's money until it is ruled; dismissed, all are paid, the disputer too", async () => {
    const told = await inVerification(story, { alice: 1000n, bob: 9000n });
    const caseId = await story.dispute("alice", told.releaseId);
    await story.wind("20 days");
    expect(await story.stage(told.proposalId)).toBe("in_verification");
    await story.rule("grace", caseId, "dismiss");
    await story.wind("47 hours");
    expect(await story.stage(told.proposalId)).toBe("in_verification");
    await story.wind("1 hour");
    expect(await story.stage(told.proposalId)).toBe("settled");
    expect(await fates(story, told)).toEqual({ alice: "paid", bob: "paid" });
  });

  test("that staff reject is dismissed, with 48 hours' notice", async () => {
    const told = await inVerification(story, { alice: 5000n, bob: 5000n });
    const caseId = await story.dispute("alice", told.releaseId);
    await admit(story, "frank", caseId, false);
    expect(await story.database.case.findUniqueOrThrow({ where: { id: caseId } })).toMatchObject({
      admitted: false,
      ruling: "dismiss",
    });
    // Nobody else is silenced by it: the next objection is a case of its own, and is answered on its own.
    const second = await story.dispute("bob", told.releaseId);
    expect(second).not.toBe(caseId);
    await story.rule("grace", second, "dismiss");
    await story.wind("20 days");
    expect(await fates(story, told)).toEqual({ alice: "paid", bob: "paid" });
  });

  test("that blocks nobody and is not answered stops its disputer's pledge alone: that goes back whole, the others are paid", async () => {
    const told = await inVerification(story, { alice: 500n, bob: 9000n });
    const { endsAt } = await story.database.verification.findUniqueOrThrow({ where: { releaseId: told.releaseId } });
    const left = (endsAt.getTime() - (await story.database.now()).getTime()) / 3_600_000;
    await story.market.wind(`${left - 1} hours`);
    const caseId = await story.dispute("alice", told.releaseId);
    expect(await dueAt(story, "case_admission", caseId)).not.toBeNull();
    await story.wind("5 days");
    await story.wind("10 days");
    expect(await story.stage(told.proposalId)).toBe("settled");
    expect(await fates(story, told)).toEqual({ alice: "refunded whole 550", bob: "paid" });
  });

  test("that staff admitted blocks, however small, and is decided for everybody at the latest day", async () => {
    const told = await inVerification(story, { alice: 500n, bob: 9000n });
    const caseId = await story.dispute("alice", told.releaseId);
    await admit(story, "frank", caseId, true);
    await story.wind("40 days");
    expect(await story.stage(told.proposalId)).toBe("in_verification");
    await story.wind("30 days");
    expect(await story.stage(told.proposalId), "nobody ruled: the final check passes, so the others are paid").toBe(
      "settled",
    );
    expect(await fates(story, told)).toEqual({ alice: "refunded whole 550", bob: "paid" });
  });

  test("over a thousand dollars needs two answers that agree, from two people", async () => {
    const told = await inVerification(story, { alice: 60_000n, bob: 40_000n });
    const caseId = await story.dispute("alice", told.releaseId);
    await story.rule("frank", caseId, "refund");
    expect(await story.database.case.findUniqueOrThrow({ where: { id: caseId } })).toMatchObject({ ruling: null });
    await expect(story.rule("frank", caseId, "refund")).rejects.toMatchObject({ code: "case_closed" });
    await story.rule("grace", caseId, "dismiss");
    expect(await story.database.case.findUniqueOrThrow({ where: { id: caseId } })).toMatchObject({ ruling: null });
    await story.rule("heidi", caseId, "refund");
    expect(await story.database.case.findUniqueOrThrow({ where: { id: caseId } })).toMatchObject({ ruling: "refund" });
    await story.wind("48 hours");
    expect(await fates(story, told)).toEqual({ alice: "refunded whole 61835", bob: "refunded whole 41235" });
  });
});
