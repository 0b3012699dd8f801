import { Refusal } from "@freehold/values";

/**
 * Every "no" Freehold can say: its code, the HTTP status the api answers with, and its title.
 * Rooms check in the order in which a code stands in their own file; the order here is by room.
 */
export const refusals = {
  // what every request passes
  request_invalid: { status: 400, title: "The request does not have the right form." },
  body_too_large: { status: 413, title: "That is more than we take in one request." },
  length_required: { status: 411, title: "Say how long the body is." },
  media_type_unsupported: { status: 415, title: "Send JSON." },
  not_found: { status: 404, title: "There is nothing here." },
  method_not_allowed: { status: 405, title: "That cannot be done here." },
  sign_in_required: { status: 401, title: "Sign in first." },
  csrf_token_invalid: {
    status: 403,
    title: "The form was not sent from our page, or it is too old. Load the page again.",
  },
  origin_not_allowed: { status: 403, title: "This request came from another site." },
  idempotency_key_required: { status: 400, title: "A money action needs an Idempotency-Key." },
  idempotency_key_reused: { status: 422, title: "This Idempotency-Key was used for another request." },
  idempotency_key_in_use: { status: 409, title: "The same request is still being answered." },
  too_many_requests: { status: 429, title: "That was too often. Wait a little." },
  not_staff: { status: 403, title: "Only staff may do this." },
  has_stake: { status: 403, title: "Nobody judges a case in which they hold a stake." },
  wrong_stage: { status: 409, title: "This is not possible at this stage." },
  // values
  currency_mismatch: { status: 400, title: "Two currencies do not mix." },
  allocation_invalid: { status: 400, title: "This sum cannot be split that way." },
  currency_not_accepted: { status: 400, title: "Only USD is accepted." },
  amount_too_small: { status: 422, title: "The amount is below the smallest one." },
  amount_too_large: { status: 422, title: "The amount is above the largest one." },
  // identity
  sign_in_failed: { status: 400, title: "Signing in did not work." },
  handle_unknown: { status: 400, title: "No account with that handle was found." },
  // proposal
  proposal_not_found: { status: 404, title: "There is no such proposal." },
  project_not_found: { status: 404, title: "There is no such project." },
  not_proposer: { status: 403, title: "Only the person who proposed it may do this." },
  others_have_estimated: { status: 409, title: "Others have estimated; it can no longer be withdrawn." },
  // estimate
  estimate_above_cap: { status: 422, title: "The estimate is above your limit." },
  open_estimates_above_limit: { status: 422, title: "Your open estimates would be above the limit for newcomers." },
  estimate_not_found: { status: 404, title: "You have no estimate here." },
  // development
  development_not_found: { status: 404, title: "There is no such development." },
  not_developer: { status: 403, title: "Only its developer may do this." },
  reserved_by_another: { status: 409, title: "Somebody else has reserved this." },
  too_many_reservations: { status: 409, title: "You have reserved as many proposals as you may." },
  wait_after_lapse: { status: 409, title: "After a lapse, others come first for 90 days." },
  preview_date_invalid: { status: 422, title: "The expected preview must be within 90 days." },
  repository_not_found: { status: 422, title: "No public repository was found there." },
  repository_not_public: { status: 422, title: "This repository is not public." },
  repository_unreachable: { status: 503, title: "The repository could not be reached just now." },
  destination_not_accepted: { status: 409, title: "The maintainer has not accepted this development." },
  funding_refused: { status: 409, title: "The maintainer has refused funding for this project." },
  baseline_missing: { status: 409, title: "The state of the repository at the start has not been recorded yet." },
  // donation
  own_money: { status: 403, title: "A developer's own money never counts for their feature." },
  payee_not_payable: { status: 409, title: "The developer cannot be paid yet." },
  payee_account_missing: { status: 409, title: "Set up how you are paid first." },
  donation_above_full_amount: { status: 422, title: "The donation is above the full amount you would pay." },
  newcomer_donations_limit: { status: 409, title: "A new developer may take only so much in donations." },
  // preview
  two_declines: { status: 409, title: "You declined this proposal twice; no further preview can be opened on it." },
  preview_length_invalid: { status: 422, title: "Preview and window do not fit the limits." },
  preview_address_unsafe: { status: 422, title: "That is not an address which the public can reach." },
  preview_not_reachable: { status: 422, title: "The preview does not answer at this address." },
  preview_file_not_kept: { status: 404, title: "There is no file kept for this preview." },
  branch_invalid: { status: 422, title: "That is not the name of a branch." },
  // pledge
  pledge_not_found: { status: 404, title: "There is no such pledge." },
  preview_closed: { status: 409, title: "The preview has closed; pledges are no longer taken." },
  newcomer_hold_limit: { status: 409, title: "A new developer's feature may hold only so much." },
  own_funds_short: { status: 503, title: "Freehold cannot hold money yet." },
  too_many_attempts: { status: 429, title: "You opened too many payment pages without paying." },
  movement_not_found: { status: 404, title: "There is no such movement." },
  movement_not_open: { status: 409, title: "This movement is settled already." },
  second_signature_needed: { status: 409, title: "A second member of staff has to sign." },
  transfers_stopped: { status: 409, title: "Nothing leaves the balance at present." },
  below_floor: { status: 409, title: "Own funds would fall below their floor." },
  event_not_parked: { status: 409, title: "This message is not parked." },
  payment_not_paid: { status: 409, title: "This payment was not paid out." },
  reversal_not_found: { status: 404, title: "There is no such reversal." },
  refund_not_owed: { status: 409, title: "No such refund is owed." },
  refund_exceeds_payment: { status: 409, title: "That is more than is held." },
  taken_back_too_often: { status: 409, title: "You took pledges back too often; new ones have to wait." },
  not_taken_back: { status: 409, title: "This pledge cannot be taken back any more." },
  checkout_unavailable: { status: 503, title: "The payment page could not be opened just now." },
  // decision and release
  release_not_found: { status: 404, title: "There is no such release." },
  copy_not_kept: { status: 404, title: "No copy of this release is kept." },
  evidence_not_found: { status: 404, title: "There is no such evidence for this release." },
  release_too_late: { status: 409, title: "The time to release has passed." },
  seal_not_opened: {
    status: 422,
    title:
      "This preview was sealed: add all of freehold-seal.json, the file that was written when you sealed. Nothing was submitted.",
  },
  release_being_checked: { status: 409, title: "A release is being checked." },
  commit_invalid: { status: 422, title: "A commit is named by its full 40 or 64 hexadecimal digits." },
  deadline_does_not_fit: { status: 409, title: "This cannot be done before the latest day." },
  // verification and dispute
  not_a_backer: { status: 403, title: "Only a backer with money in the hold may do this." },
  window_closed: { status: 409, title: "The window has closed." },
  already_confirmed: { status: 409, title: "You have said so already." },
  already_disputed: { status: 409, title: "You have disputed this release already." },
  case_not_found: { status: 404, title: "There is no such case." },
  case_closed: { status: 409, title: "This case has been ruled." },
  // operators' tasks
  task_not_found: { status: 404, title: "There is no such task." },
  account_needed: { status: 400, title: "Say which account it belongs to." },
  finding_needed: { status: 400, title: "Say whether you accept it." },
  task_done: { status: 409, title: "This task is done." },
  // the vault
  not_charged: { status: 409, title: "Nothing was paid, so there is nothing to state." },
  payment_not_held: { status: 409, title: "This payment is not in the hold." },
  webhook_signature_invalid: { status: 400, title: "The signature does not match." },
  // what forges post
  webhook_not_configured: { status: 404, title: "No messages of forges are taken here." },
  hint_signature_invalid: { status: 401, title: "The message is not signed, or not with the right secret." },
  // the local world
  clock_not_windable: { status: 403, title: "The clock cannot be wound here." },
} as const satisfies Record<string, { status: number; title: string }>;

export type RefusalCode = keyof typeof refusals;

/** A refusal with a listed code. Without a sentence it says its title. */
export const refusal = (
  code: RefusalCode,
  sentence: string = refusals[code].title,
  facts: Readonly<Record<string, unknown>> = {},
): Refusal => new Refusal(code, sentence, facts);

/** What the api answers for a refusal (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  facts?: Readonly<Record<string, unknown>>;
}
