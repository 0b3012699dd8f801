import { expand, flag, hash, metadata, moment, paging, text } from "../params.ts";
import { found, merged, page, type Route } from "../route.ts";
import type { World } from "../world.ts";
import { closeDispute, EVIDENCE, isOpen, renderDispute } from "./dispute-object.ts";
import { renderWarning } from "./warning-object.ts";

const URL = "/v1/disputes";
const WARNINGS = "/v1/radar/early_fraud_warnings";

function row<K extends "dispute" | "warning">(world: World, kind: K, params: Record<string, unknown>) {
  const charge = params["charge"] as string | undefined;
  const intent = params["payment_intent"] as string | undefined;
  if (charge !== undefined) return world.store.row<K>(kind, "charge" as never, charge);
  return intent === undefined ? world.store.row<K>(kind) : world.store.row<K>(kind, "payment_intent" as never, intent);
}

export const disputeRoutes: Route[] = [
  {
    method: "GET",
    path: URL,
    type: "DisputeListParams",
    params: { ...paging, created: moment(), charge: text(), payment_intent: text() },
    answer: (world, _ids, params) =>
      page(world, "dispute", row(world, "dispute", params), {
        noun: "dispute",
        url: URL,
        params,
        render: (d) => renderDispute(world, d),
      }),
  },
  {
    method: "GET",
    path: `${URL}/:dispute`,
    type: "DisputeRetrieveParams",
    params: expand,
    answer: (world, ids) => renderDispute(world, found(world, "dispute", "dispute", ids["dispute"]!)),
  },
  {
    method: "POST",
    path: `${URL}/:dispute`,
    type: "DisputeUpdateParams",
    params: {
      ...expand,
      submit: flag(),
      metadata: metadata(),
      evidence: hash(Object.fromEntries(EVIDENCE.map((name) => [name, text(20_000)]))),
    },
    answer: (world, ids, params) => {
      const dispute = found(world, "dispute", "dispute", ids["dispute"]!);
      dispute.metadata = merged(dispute.metadata, params["metadata"]);
      Object.assign(dispute.evidence, params["evidence"]);
      if (params["evidence"] !== undefined && params["submit"] !== false && isOpen(dispute)) {
        dispute.submissions += 1;
        dispute.status = "under_review";
      }
      world.store.save("dispute", dispute);
      world.emit("charge.dispute.updated", renderDispute(world, dispute));
      // Stripe's documented texts for tests decide the case at once.
      const text = dispute.evidence["uncategorized_text"];
      if (isOpen(dispute) && text === "winning_evidence") closeDispute(world, dispute, "won");
      if (isOpen(dispute) && text === "losing_evidence") closeDispute(world, dispute, "lost");
      return renderDispute(world, dispute);
    },
  },
  {
    method: "POST",
    path: `${URL}/:dispute/close`,
    type: "DisputeCloseParams",
    params: expand,
    answer: (world, ids) =>
      renderDispute(world, closeDispute(world, found(world, "dispute", "dispute", ids["dispute"]!), "lost")),
  },
  {
    method: "GET",
    path: WARNINGS,
    type: "Radar.EarlyFraudWarningListParams",
    params: { ...paging, created: moment(), charge: text(), payment_intent: text() },
    answer: (world, _ids, params) =>
      page(world, "warning", row(world, "warning", params), {
        noun: "early_fraud_warning",
        url: WARNINGS,
        params,
        render: (w) => renderWarning(world, w),
      }),
  },
  {
    method: "GET",
    path: `${WARNINGS}/:warning`,
    type: "Radar.EarlyFraudWarningRetrieveParams",
    params: expand,
    answer: (world, ids) => renderWarning(world, found(world, "warning", "early_fraud_warning", ids["warning"]!)),
  },
];
