import { type Move, moves, type Stage, stages } from "@freehold/contract";
import { openTestDatabase, testEnvironment, type TestDatabase } from "@freehold/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenChains } from "./testing/chain.ts";
import { moveProposal } from "./history/record.ts";
import { PartyService } from "./party/party.service.ts";
import { ProposalService } from "./proposal/proposal.service.ts";
import { moveRules, nextStage } from "./stage.ts";

const no = "wrong_stage";

/**
 * The story as a table, written out by hand: a row for each stage, a column for each move, in it the stage reached.
 * What is not written is refused.
 */
const expected: Readonly<Record<Stage, Partial<Record<Move, Stage>>>> = {
  open: { close: "closed", reserve: "in_development" },
  in_development: { give_up: "open", lapse: "open", open_preview: "in_preview", stop: "refunding" },
  in_preview: {
    close_preview: "in_decision",
    close_empty: "open",
    close_for_outage: "refunding",
    decline: "refunding",
    stop: "refunding",
    run_out_of_time: "refunding",
  },
  in_decision: {
    decline: "refunding",
    stay_silent: "refunding",
    choose_release: "releasing",
    stop: "refunding",
    run_out_of_time: "refunding",
  },
  releasing: {
    decline: "refunding",
    pass_release: "in_verification",
    fail_release: "refunding",
    stop: "refunding",
    run_out_of_time: "refunding",
  },
  in_verification: {
    decline: "refunding",
    return_to_release: "releasing",
    authorise_settlement: "settling",
    fail_verification: "refunding",
    rule_refund: "refunding",
    stop: "refunding",
    run_out_of_time: "refunding",
  },
  settling: { finish_settlement: "settled", finish_refund: "open" },
  refunding: { finish_refund: "open" },
  settled: {},
  closed: {},
};

/** Who may make each move, by hand as well. */
const whoMay: Readonly<Record<Move, readonly string[]>> = {
  propose: ["anyone"],
  close: ["proposer", "staff"],
  reserve: ["developer"],
  give_up: ["developer"],
  lapse: ["clock"],
  open_preview: ["developer"],
  close_preview: ["clock"],
  close_empty: ["clock"],
  close_for_outage: ["clock"],
  decline: ["developer"],
  stay_silent: ["clock"],
  choose_release: ["developer"],
  pass_release: ["verifier"],
  fail_release: ["verifier", "clock"],
  return_to_release: ["staff"],
  authorise_settlement: ["verifier", "clock"],
  fail_verification: ["verifier"],
  rule_refund: ["staff"],
  stop: ["staff"],
  run_out_of_time: ["clock"],
  finish_settlement: ["worker"],
  finish_refund: ["worker"],
};

const outcomeOf = (act: () => Stage): string => {
  try {
    return act();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

describe("the table of moves", () => {
  test.each(stages)("%s allows exactly the moves that the story tells of", (stage) => {
    for (const move of moves)
      expect([stage, move, outcomeOf(() => nextStage(stage, move))]).toEqual([
        stage,
        move,
        expected[stage][move] ?? no,
      ]);
  });

  test("a story begins by being proposed, and by nothing else", () => {
    for (const move of moves)
      expect([move, outcomeOf(() => nextStage(null, move))]).toEqual([move, move === "propose" ? "open" : no]);
  });

  test("everybody's part in it is as the design says, and every move has its sentence", () => {
    for (const move of moves) {
      expect([move, ...moveRules[move].who]).toEqual([move, ...whoMay[move]]);
      expect(moveRules[move].sentence).toMatch(/^[A-Z].+\.$/);
    }
    expect(Object.keys(moveRules).toSorted()).toEqual([...moves].toSorted());
  });

  test("from every stage with money in the hold there is a way back for the money", () => {
    for (const stage of ["in_preview", "in_decision", "releasing", "in_verification"] as const)
      expect(moves.filter((move) => expected[stage][move] === "refunding")).toEqual(
        expect.arrayContaining(["decline", "stop", "run_out_of_time"]),
      );
  });
});

describe("every move at every stage, on a real proposal", () => {
  let ground: TestDatabase;
  let proposalId: string;
  let partyId: string;

  beforeAll(async () => {
    ground = await openTestDatabase();
    await ground.database.transact(async (tx) => {
      const parties = new PartyService(testEnvironment());
      ({ partyId } = await parties.welcome(tx, { did: "did:test:alice", handle: "alice.test" }));
      ({ id: proposalId } = await new ProposalService().propose(tx, partyId, {
        project: "Larkspur",
        title: "Read threads offline",
        body: "Threads I have opened should be readable without a connection.",
        points: ["They open."],
      }));
    });
  });
  afterAll(() => ground.close());

  const standAt = (stage: Stage) =>
    ground.asOwner("UPDATE proposal SET stage = $1, closed_reason = $2 WHERE id = $3", [
      stage,
      stage === "closed" ? "merged" : null,
      proposalId,
    ]);
  const rows = () =>
    ground.database.history.findMany({ where: { subjectId: proposalId }, orderBy: { sequence: "asc" } });
  const make = (move: Move) =>
    ground.database.transact((tx) =>
      moveProposal(
        tx,
        proposalId,
        move,
        { partyId, as: moveRules[move].who[0]! },
        move === "close" ? { closed: { reason: "merged", note: "It is in the project now." } } : {},
      ),
    );

  test.each(stages)("%s", async (stage) => {
    for (const move of moves) {
      await standAt(stage);
      const before = await rows();
      const reached = expected[stage][move];
      if (reached === undefined) {
        await expect(make(move), `${stage} × ${move}`).rejects.toMatchObject({ code: no, facts: { stage, move } });
        expect((await rows()).length).toBe(before.length);
        expect(await ground.database.proposal.findUniqueOrThrow({ where: { id: proposalId } })).toMatchObject({
          stage,
        });
        continue;
      }
      expect(await make(move)).toEqual({ from: stage, to: reached });
      expect(await ground.database.proposal.findUniqueOrThrow({ where: { id: proposalId } })).toMatchObject({
        stage: reached,
      });
      const written = (await rows()).slice(before.length);
      expect(written).toMatchObject([
        { sequence: before.length + 1, move, fromState: stage, toState: reached, actorPartyId: partyId },
      ]);
    }
  });

  test("each history row carries the hash of the one before, and a changed row shows", async () => {
    const broken = () => brokenChains(ground.asOwner);
    expect(await broken()).toEqual([]);
    await ground.asOwner("ALTER TABLE history DISABLE TRIGGER history_append_only");
    const [first, second] = await rows();
    await ground.asOwner("UPDATE history SET reason = 'another' WHERE subject_id = $1 AND sequence = $2", [
      proposalId,
      first!.sequence,
    ]);
    expect(await broken()).toEqual([`history does not hold: proposal ${proposalId} row ${first!.sequence}`]);
    await ground.asOwner("UPDATE history SET reason = NULL WHERE subject_id = $1 AND sequence = $2", [
      proposalId,
      first!.sequence,
    ]);
    expect(await broken()).toEqual([]);
    await ground.asOwner("DELETE FROM history WHERE subject_id = $1 AND sequence = $2", [proposalId, second!.sequence]);
    expect((await broken()).length).toBeGreaterThan(0);
  });
});
