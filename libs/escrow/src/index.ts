export { Vault } from "./vault.ts";
/** Thrown for what came before the thing it is about: come again. */
export { NotYet } from "./stripe/subject.ts";
export type { Fact, PaymentFacts } from "./apply.ts";
export { type BooksProof, proveBooks } from "./check.ts";
export type { NewPayment } from "./hold.ts";
export { type PayeeShare, split } from "./settle.ts";
export type { Because, RefundKind } from "./refund.ts";
export type { PayoutAccountState } from "./stripe/accounts.ts";
export type { ProcessorOptions } from "./stripe/client.ts";
export { statementSuffix } from "./stripe/requests.ts";
export type { Observation } from "./stripe/observation.ts";
export { machines, type PaymentState, paymentMayMove } from "./states.ts";
export type { Break } from "./reconcile/movements.ts";
export { completeTask, type OperatorTask, raiseTask } from "./tasks.ts";
