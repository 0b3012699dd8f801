import { z } from "zod";
import { createDispute, admitCase, caseView, ruleCase, staffQueue, stopDevelopment } from "./rooms/dispute.ts";
import {
  checkoutView,
  createDevelopment,
  createDonation,
  createPledge,
  decide,
  endDevelopment,
  openPreview,
  pledgeQuote,
  quoteQuery,
  submitRelease,
} from "./rooms/development.ts";
import { noticesView, onboardingRequest, onboardingView, payeeAccountView, sessionView } from "./rooms/party.ts";
import {
  closeProposal,
  created,
  createEstimate,
  createProposal,
  frontView,
  projectView,
  proposalList,
  proposalListQuery,
  proposalView,
} from "./rooms/proposal.ts";
import {
  booksView,
  clockView,
  howItWorksView,
  myMoney,
  receiptView,
  widgetView,
  windClock,
} from "./rooms/settlement.ts";

/** One door: how it is called and what it answers. `money` means: it needs an `Idempotency-Key`. */
export interface Endpoint<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  method: "GET" | "POST";
  /** Below the origin, parameters as `:name`. */
  path: string;
  body?: Body;
  query?: Query;
  answer: Answer;
  money?: true;
  /** Signed-in people only. */
  signedIn?: true;
  summary: string;
}

const nothing = z.object({ done: z.literal(true) }).meta({ id: "Done" });
const page = z.object({ after: z.string().max(200).optional() });

/** Every endpoint of the api; the web's client and the api's documentation are both made from this table. */
export const endpoints = {
  session: { method: "GET", path: "/api/session", answer: sessionView, summary: "Who is asking" },
  endSession: { method: "POST", path: "/api/session/end", answer: nothing, signedIn: true, summary: "Sign out" },
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
  readNotices: {
    method: "POST",
    path: "/api/notices/read",
    answer: nothing,
    signedIn: true,
    summary: "Mark notices as read",
  },
  myMoney: { method: "GET", path: "/api/money", query: page, answer: myMoney, signedIn: true, summary: "Your money" },
  receipt: {
    method: "GET",
    path: "/api/payments/:id",
    answer: receiptView,
    signedIn: true,
    summary: "One payment of yours",
  },

  createProposal: {
    method: "POST",
    path: "/api/proposals",
    body: createProposal,
    answer: created,
    signedIn: true,
    summary: "Propose a feature",
  },
  closeProposal: {
    method: "POST",
    path: "/api/proposals/:id/closure",
    body: closeProposal,
    answer: nothing,
    signedIn: true,
    summary: "Withdraw or close a proposal",
  },
  createEstimate: {
    method: "POST",
    path: "/api/proposals/:id/estimates",
    body: createEstimate,
    answer: created,
    signedIn: true,
    summary: "Say what you would pay",
  },
  withdrawEstimate: {
    method: "POST",
    path: "/api/proposals/:id/estimates/withdrawal",
    answer: nothing,
    signedIn: true,
    summary: "Take an estimate back",
  },

  payeeAccount: {
    method: "GET",
    path: "/api/payee-account",
    answer: payeeAccountView,
    signedIn: true,
    summary: "How you are paid",
  },
  onboard: {
    method: "POST",
    path: "/api/payee-account",
    body: onboardingRequest,
    answer: onboardingView,
    signedIn: true,
    summary: "Set up how you are paid",
  },
  createDevelopment: {
    method: "POST",
    path: "/api/proposals/:id/developments",
    body: createDevelopment,
    answer: created,
    signedIn: true,
    summary: "Reserve a proposal",
  },
  giveUp: {
    method: "POST",
    path: "/api/developments/:id/end",
    body: endDevelopment,
    answer: nothing,
    signedIn: true,
    summary: "Give a development up",
  },
  createDonation: {
    method: "POST",
    path: "/api/developments/:id/donations",
    body: createDonation,
    answer: checkoutView,
    money: true,
    signedIn: true,
    summary: "Donate and say the full amount",
  },
  openPreview: {
    method: "POST",
    path: "/api/developments/:id/preview",
    body: openPreview,
    answer: created,
    signedIn: true,
    summary: "Open the preview",
  },
  pledgeQuote: {
    method: "GET",
    path: "/api/developments/:id/pledge-quote",
    query: quoteQuery,
    answer: pledgeQuote,
    summary: "What a pledge means before paying",
  },
  createPledge: {
    method: "POST",
    path: "/api/developments/:id/pledges",
    body: createPledge,
    answer: checkoutView,
    money: true,
    signedIn: true,
    summary: "Pledge",
  },
  takeBack: {
    method: "POST",
    path: "/api/pledges/:id/taking-back",
    answer: nothing,
    money: true,
    signedIn: true,
    summary: "Take a pledge back",
  },
  settleCheckout: {
    method: "POST",
    path: "/api/payments/:id/return",
    answer: nothing,
    signedIn: true,
    summary: "Back from the payment page: look at once",
  },
  decide: {
    method: "POST",
    path: "/api/developments/:id/decision",
    body: decide,
    answer: nothing,
    money: true,
    signedIn: true,
    summary: "Decline or release",
  },
  submitRelease: {
    method: "POST",
    path: "/api/developments/:id/releases",
    body: submitRelease,
    answer: created,
    signedIn: true,
    summary: "Submit the released commit",
  },
  confirm: {
    method: "POST",
    path: "/api/releases/:id/confirmations",
    answer: nothing,
    signedIn: true,
    summary: "Say it is as you tried it",
  },
  dispute: {
    method: "POST",
    path: "/api/releases/:id/disputes",
    body: createDispute,
    answer: created,
    signedIn: true,
    summary: "Dispute a release",
  },

  staffQueue: {
    method: "GET",
    path: "/api/staff/queue",
    answer: staffQueue,
    signedIn: true,
    summary: "What staff have to do",
  },
  case: { method: "GET", path: "/api/cases/:id", answer: caseView, signedIn: true, summary: "A case" },
  admitCase: {
    method: "POST",
    path: "/api/cases/:id/admission",
    body: admitCase,
    answer: nothing,
    signedIn: true,
    summary: "Admit or reject a case",
  },
  ruleCase: {
    method: "POST",
    path: "/api/cases/:id/rulings",
    body: ruleCase,
    answer: nothing,
    money: true,
    signedIn: true,
    summary: "Rule a case",
  },
  stopDevelopment: {
    method: "POST",
    path: "/api/developments/:id/stop",
    body: stopDevelopment,
    answer: nothing,
    money: true,
    signedIn: true,
    summary: "Stop a development (staff)",
  },

  clock: { method: "GET", path: "/api/clock", answer: clockView, summary: "Story time" },
  windClock: {
    method: "POST",
    path: "/api/clock",
    body: windClock,
    answer: clockView,
    signedIn: true,
    summary: "Wind the clock (local world, staff)",
  },
  widget: { method: "GET", path: "/w/1/features/:id.json", answer: widgetView, summary: "What the widget shows" },
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof endpoints;
type Schema<Name extends EndpointName, Part extends "body" | "query" | "answer"> =
  (typeof endpoints)[Name] extends Record<Part, infer S extends z.ZodType> ? S : never;
export type BodyOf<Name extends EndpointName> = z.input<Schema<Name, "body">>;
export type QueryOf<Name extends EndpointName> = z.input<Schema<Name, "query">>;
export type AnswerOf<Name extends EndpointName> = z.output<Schema<Name, "answer">>;
