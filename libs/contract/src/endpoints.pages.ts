import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { booksView } from "./rooms/books.ts";
import { claimKeys } from "./rooms/claim.ts";
import { caseView, staffQueue } from "./rooms/dispute.ts";
import { pledgeQuote, quoteQuery } from "./rooms/development.ts";
import { noticesView, payeeAccountView, sessionView } from "./rooms/party.ts";
import { payoutsQuery, payoutsView } from "./rooms/payout.ts";
import { frontView, projectView, proposalList, proposalListQuery } from "./rooms/proposal.ts";
import { proposalView } from "./rooms/proposal-page.ts";
import { releasePage } from "./rooms/verification.ts";
import { clockView, howItWorksView, myMoney, receiptView, widgetView } from "./rooms/settlement.ts";

const page = z.object({ after: z.string().max(200).optional() });

/** What can be read: one shape for each page. */
export const pages = {
  session: { method: "GET", path: "/api/session", answer: sessionView, summary: "Who is asking" },
  front: { method: "GET", path: "/api/front", answer: frontView, summary: "The front page" },
  proposals: {
    method: "GET",
    path: "/api/proposals",
    query: proposalListQuery,
    answer: proposalList,
    summary: "The ranked list",
  },
  project: { method: "GET", path: "/api/projects/:slug", query: page, answer: projectView, summary: "A project" },
  proposal: { method: "GET", path: "/api/proposals/:id", answer: proposalView, summary: "A proposal, whole" },
  release: {
    method: "GET",
    path: "/api/releases/:id",
    query: page,
    answer: releasePage,
    summary: "A release: its checks, the log of the looks, and what can be taken away",
  },
  releaseEvidence: {
    method: "GET",
    path: "/api/releases/:id/evidence",
    answer: z.string(),
    file: "application/json",
    summary: "Every report on a release with its signature, as `forge-verify replay` reads it",
  },
  releaseLook: {
    method: "GET",
    path: "/api/releases/:id/looks/:look",
    answer: z.string(),
    file: "application/json",
    summary: "One look at a release: everything that was seen, and its place in the signed chain",
  },
  releaseBundle: {
    method: "GET",
    path: "/api/releases/:id/bundle",
    answer: z.string(),
    file: "application/octet-stream",
    summary: "The code of a release as a git bundle (003-39)",
  },
  releaseAnswer: {
    method: "GET",
    path: "/api/releases/:id/answers/:sha256",
    answer: z.string(),
    file: "application/octet-stream",
    summary: "What a server answered when it was asked about a release, by its hash",
  },
  howItWorks: { method: "GET", path: "/api/how-it-works", answer: howItWorksView, summary: "Stages, moves and policy" },
  books: { method: "GET", path: "/api/books", answer: booksView, summary: "The books" },
  notices: {
    method: "GET",
    path: "/api/notices",
    query: page,
    answer: noticesView,
    signedIn: true,
    summary: "Your notices",
  },
  myMoney: { method: "GET", path: "/api/money", query: page, answer: myMoney, signedIn: true, summary: "Your money" },
  receipt: {
    method: "GET",
    path: "/api/payments/:id",
    answer: receiptView,
    signedIn: true,
    summary: "One payment of yours",
  },
  receiptClaim: {
    method: "GET",
    path: "/api/payments/:id/claim",
    answer: z.string(),
    file: "application/jose",
    signedIn: true,
    summary: "One payment of yours, stated under our signature (a PaymentClaim as a compact JWS)",
  },
  claimKeys: {
    method: "GET",
    path: "/api/claim-keys",
    answer: claimKeys,
    summary: "The public keys under which claims are signed",
  },
  payouts: {
    method: "GET",
    path: "/api/payouts",
    query: payoutsQuery,
    answer: payoutsView,
    signedIn: true,
    summary: "What you are paid",
  },
  moneyExport: {
    method: "GET",
    path: "/api/money/export.csv",
    answer: z.string(),
    file: "text/csv",
    signedIn: true,
    summary: "Every movement of your own money, as a table",
  },
  payeeAccount: {
    method: "GET",
    path: "/api/payee-account",
    answer: payeeAccountView,
    signedIn: true,
    summary: "How you are paid",
  },
  previewFile: {
    method: "GET",
    path: "/api/previews/:id/file",
    answer: z.string(),
    file: "application/octet-stream",
    summary: "The build of a preview, as we keep it",
  },
  pledgeQuote: {
    method: "GET",
    path: "/api/developments/:id/pledge-quote",
    query: quoteQuery,
    answer: pledgeQuote,
    summary: "What a pledge means before paying",
  },
  staffQueue: {
    method: "GET",
    path: "/api/staff/queue",
    query: page,
    answer: staffQueue,
    signedIn: true,
    summary: "What staff have to do",
  },
  case: { method: "GET", path: "/api/cases/:id", answer: caseView, signedIn: true, summary: "A case" },
  clock: { method: "GET", path: "/api/clock", answer: clockView, summary: "Story time" },
  widget: { method: "GET", path: "/w/1/features/:id.json", answer: widgetView, summary: "What the widget shows" },
} as const satisfies Record<string, Endpoint>;
