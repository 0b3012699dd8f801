import type { PayeeAccountView, PayoutState } from "@freehold/contract";

type Account = PayeeAccountView["state"];

/** What a payee has to do before money can reach them. */
export const accountSentence = (state: Account): string =>
  ({
    none: "You have not set up how you are paid.",
    incomplete: "Our payment processor still needs something from you.",
    restricted: "Our payment processor has restricted payments to you and needs something from you.",
    payable: "Payment can reach you.",
  })[state];

/** Why a payment is stopped, by the vault's cause. */
const stops: Readonly<Record<string, string>> = {
  chargeback: "The backer's bank has taken the payment back; it waits until the bank has decided.",
  inquiry: "The backer's bank asks about the payment; it waits until that is answered.",
  case: "The backer disputes the release; it waits until staff have answered.",
  staff: "Staff stopped it and look at it.",
};

/** Where one payout stands for its payee, and why, from the vault's rows. */
export function payoutStateOf(
  payout: {
    state: string;
    intentState: string | null;
    attempt: number | null;
    stopCause: string | null;
    transfersStopped: boolean;
  },
  account: Account,
): { state: PayoutState; why: string | null } {
  if (payout.state === "confirmed") return { state: "paid", why: null };
  if (payout.state === "stopped") return { state: "stopped", why: "It was stopped before it went out." };
  if (payout.intentState === "SENT" || payout.intentState === "UNKNOWN") return { state: "on_its_way", why: null };
  if (payout.stopCause !== null)
    return { state: "waiting", why: stops[payout.stopCause] ?? "The payment is stopped; staff look at it." };
  if (account !== "payable") return { state: "not_payable", why: accountSentence(account) };
  if (payout.transfersStopped)
    return { state: "waiting", why: "No payment to developers goes out at present; staff are told why." };
  if ((payout.attempt ?? 1) > 1)
    return { state: "waiting", why: "The payment processor refused it; it is tried again and staff know of it." };
  return { state: "waiting", why: "It goes out by itself within minutes." };
}
