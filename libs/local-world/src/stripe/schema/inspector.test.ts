import { expect, test } from "vitest";
import { renderRefund } from "../resources/refund-object.ts";
import { TypeChecks } from "./inspector.ts";

const refund = renderRefund({
  id: "re_1",
  created: 1,
  amount: 500,
  currency: "usd",
  charge: "ch_1",
  payment_intent: "pi_1",
  payment_method: "pm_1",
  reason: null,
  metadata: {},
  status: "succeeded",
  pending_reason: null,
  balance_transaction: "txn_1",
  failure_reason: null,
  failure_balance_transaction: null,
  transfer_reversal: null,
  answer: null,
});

test("an answer of the SDK's type passes; invented, missing and mistyped properties do not", async () => {
  const types = await TypeChecks.load();
  const says = (value: unknown): string => {
    try {
      types.check("Refund", value, "refund");
      return "fits";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const { currency: _left, ...short } = refund;
  expect(says(refund)).toBe("fits");
  expect(says({ ...refund, colour: "red" })).toContain('"additionalProperty":"colour"');
  expect(says(short)).toContain('"missingProperty":"currency"');
  expect(says({ ...refund, amount: "500" })).toContain("/amount must be number");
  expect(says({ ...refund, object: "charge" })).toContain("/object must be equal to constant");
  // An open enum takes words that did not exist when the SDK was made.
  expect(says({ ...refund, reason: "brand_new" })).toBe("fits");
  expect(types.faults).toHaveLength(4);
});

test("an expandable property is an id or the whole object, nothing in between", async () => {
  const types = await TypeChecks.load();
  expect(() => types.check("Refund", { ...refund, charge: { id: "ch_1", object: "charge" } }, "refund")).toThrow(
    "required property",
  );
  expect(() => types.check("Refund", { ...refund, customer: { id: "cus_1", object: "customer" } }, "refund")).toThrow(
    "is not a Stripe.Refund",
  );
});

test("the parameters that were removed from the API are refused by the SDK's types too", async () => {
  const types = await TypeChecks.load();
  expect(() =>
    types.check("Checkout.SessionCreateParams", { mode: "payment", payment_method_types: ["card"] }, "request"),
  ).toThrow("payment_method_types");
  expect(types.namesOf("PaymentIntentCreateParams")).not.toContain("payment_method_types");
});
