import { type RouteConfig, index, prefix, route } from "@react-router/dev/routes";

/** Every page, in the order of the story. */
export default [
  index("routes/front.tsx"),
  route("how-it-works", "routes/how-it-works.tsx"),
  route("books", "routes/books.tsx"),

  route("sign-in", "routes/party/sign-in.tsx"),
  route("sign-out", "routes/party/sign-out.tsx"),
  route("get-paid", "routes/party/get-paid.tsx"),
  route("money", "routes/party/money.tsx"),
  route("payouts", "routes/settlement/payouts.tsx"),
  route("notices", "routes/notice/notices.tsx"),

  route("projects/:slug", "routes/project/project.tsx"),
  route("propose", "routes/proposal/propose.tsx"),
  route("payments/:id", "routes/pledge/payment.tsx"),
  route("releases/:id", "routes/release/release.tsx"),
  route("cases/:id", "routes/dispute/case.tsx"),
  ...prefix("proposals", [
    index("routes/proposal/explore.tsx"),
    ...prefix(":id", [
      index("routes/proposal/proposal.tsx"),
      route("withdraw", "routes/proposal/withdraw.tsx"),
      route("badge", "routes/proposal/badge.tsx"),
      route("estimate", "routes/estimate/estimate.tsx"),
      route("reserve", "routes/development/reserve.tsx"),
      route("give-up", "routes/development/give-up.tsx"),
      route("stop", "routes/development/stop.tsx"),
      route("donate", "routes/donation/donate.tsx"),
      route("preview", "routes/preview/open-preview.tsx"),
      route("pledge", "routes/pledge/pledge.tsx"),
      route("take-back", "routes/pledge/take-back.tsx"),
      route("decide", "routes/decision/decide.tsx"),
      route("release", "routes/release/submit-release.tsx"),
      route("confirm", "routes/verification/confirm.tsx"),
      route("dispute", "routes/dispute/dispute.tsx"),
    ]),
  ]),

  ...prefix("staff", [index("routes/dispute/queue.tsx"), route("clock", "routes/clock.tsx")]),
  route("*", "routes/not-found.tsx"),
] satisfies RouteConfig;
