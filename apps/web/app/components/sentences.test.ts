import { type ProposalView, proposalView, stages } from "@freehold/contract";
import { describe, expect, it } from "vitest";
import { sentenceText } from "../sentence.tsx";
import { developmentSample, proposalSample, releaseSample } from "./samples.ts";
import { actorSentence, estimatesSentence } from "./sentences.ts";
import { ticketLinks } from "./ticket-actions.ts";

const now = new Date("2026-05-20T12:00:00Z");
const said = (proposal: ProposalView) => sentenceText(actorSentence(proposal), now);

describe("the sentence under the stage line", () => {
  it("is there at every stage, calm, and never says the words we do not use", () => {
    for (const stage of stages) {
      const proposal = proposalSample(stage);
      expect(proposalView.safeParse(proposal).success).toBe(true);
      expect(said(proposal), stage).toMatch(/^[A-Za-z].*\.$/);
      expect(said(proposal), stage).not.toMatch(/!|escrow|support|hurry|only \d+ left|undefined|null/i);
    }
  });

  it("says who acts next, by when", () => {
    expect(said(proposalSample("in_development"))).toBe(
      "dave has reserved this until 12 May and expects to open a preview about 28 April.",
    );
    expect(said(proposalSample("in_preview"))).toBe(
      "It is ready to try. dave decides when the preview closes on Thursday 14 May, 18:00 UTC; you may take a pledge back until then.",
    );
    expect(said(proposalSample("in_decision"))).toBe(
      "Pledges are closed while dave decides, until Thursday 21 May, 18:00 UTC; if dave says nothing, every pledge goes back, without the service fee.",
    );
  });

  it("says since when the code is public, under which licence, and until when to object", () => {
    const development = { ...developmentSample(), releases: [releaseSample()] };
    expect(said({ ...proposalSample("in_verification"), development })).toBe(
      "The code has been public under MIT since 09:12 UTC; take a copy, and tell us by Thursday 4 June, 09:12 UTC if it is not what you tried.",
    );
  });

  it("counts what has been paid, so that nobody reads paid too early", () => {
    const settlement = {
      kind: "payout" as const,
      reason: "verified",
      authorisedAt: "2026-06-05T10:00:00.000Z",
      items: 100,
      done: 50,
      paid: { minor: "117800", currency: "USD" as const },
      refunded: { minor: "0", currency: "USD" as const },
      platformFee: { minor: "6200", currency: "USD" as const },
    };
    const development = { ...developmentSample(), settlement };
    expect(said({ ...proposalSample("settling"), development })).toContain("50 of 100 payments to dave");
    expect(said({ ...proposalSample("settled"), development })).toBe(
      "This feature is free. 23 people paid $1,240 for it, and it is yours too.",
    );
  });
});

describe("the estimates in one sentence", () => {
  it("says how many have paid here before instead of calling the others unverified", () => {
    const { estimates } = proposalSample("open");
    expect(estimatesSentence(estimates)).toBe("31 people would pay $1,070 together. 9 of 31 have paid here before.");
    const none = { minor: "0", currency: "USD" as const };
    expect(
      estimatesSentence({ established: { sum: none, people: 0 }, others: { sum: none, people: 0 }, paidBefore: 0 }),
    ).toBe("Nobody has estimated this yet.");
  });
});

describe("the ticket", () => {
  const visitor = (next: ProposalView["next"], may: ProposalView["may"], stage: ProposalView["stage"] = "in_preview") =>
    ticketLinks({ ...proposalSample(stage), next, may });

  it("offers the one thing to do next, and each other page once", () => {
    const { main, quiet } = visitor("choose_release", ["choose_release", "decline"], "in_decision");
    expect(main?.name).toBe("Decide");
    expect(quiet).toEqual([]);
  });

  it("never puts forward what ends or undoes", () => {
    expect(visitor("decline", ["decline"]).main).toBeNull();
    expect(visitor("take_back", ["take_back", "stop"]).quiet.map((link) => link.name)).toEqual([
      "Take your pledge back",
      "Stop this development",
    ]);
  });

  it("shows a signed-out visitor the form first", () => {
    expect(visitor("sign_in", []).main?.to).toMatch(/\/pledge$/);
    expect(visitor("sign_in", [], "open").main?.to).toMatch(/\/estimate$/);
    expect(visitor("sign_in", [], "in_verification").main?.name).toBe("Sign in");
  });
});
