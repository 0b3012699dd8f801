import type { TaskAct } from "@freehold/contract";

/** What "done" does for a task, by the name under which the vault raised it. */
const acts: readonly [prefix: string, act: TaskAct][] = [
  ["refund_owed:", "note_repaid"],
  ["transfer_reversed:", "pay_again"],
  ["inbox:", "try_again"],
  ["movement_unknown:", "classify"],
  ["release:", "judge"],
];

/** What a member of staff does by answering a task, and what it is about; `note` only says that it was done elsewhere. */
export function actOf(key: string): { act: TaskAct; subject: string } {
  const found = acts.find(([prefix]) => key.startsWith(prefix));
  return found === undefined ? { act: "note", subject: "" } : { act: found[1], subject: key.slice(found[0].length) };
}
