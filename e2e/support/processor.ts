import { addresses } from "./addresses.ts";

/** What the processor remembers, as far as the journeys look at it. Amounts are minor units. */
export interface Charge {
  id: string;
  amount: number;
  status: "succeeded" | "failed";
  email: string | null;
  metadata: Record<string, string>;
  transfer_group: string | null;
  transfer_data: { destination: string; amount: number | null } | null;
  authenticated: boolean;
  failure_code: string | null;
}
export interface Transfer {
  id: string;
  amount: number;
  destination: string;
  source_transaction: string | null;
  transfer_group: string | null;
}
export interface Refund {
  id: string;
  amount: number;
  charge: string;
  status: string;
}
interface Session {
  client_reference_id: string | null;
  line_items: { unit_amount: number }[];
}
interface Dump {
  session: Session[];
  charge: Charge[];
  transfer: Transfer[];
  refund: Refund[];
}

export async function dump(): Promise<Dump> {
  const response = await fetch(`${addresses().stripe}/__sim/dump`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "[]",
  });
  return (await response.json()) as Dump;
}

export const sum = (rows: readonly { amount: number }[]): number => rows.reduce((total, row) => total + row.amount, 0);

/** What the processor knows of one development: its pledges' charges, its transfers, its refunds. */
export async function atProcessor(developmentId: string) {
  const { charge, transfer, refund } = await dump();
  const group = `dev_${developmentId}`;
  const tried = charge.filter((one) => one.transfer_group === group && one.metadata["kind"] === "pledge");
  const charges = tried.filter((one) => one.status === "succeeded");
  const ids = new Set(charges.map((one) => one.id));
  return {
    charges,
    refusedCharges: tried.filter((one) => one.status === "failed"),
    transfers: transfer.filter((one) => one.transfer_group === group && ids.has(one.source_transaction ?? "")),
    refunds: refund.filter((one) => ids.has(one.charge)),
  };
}
