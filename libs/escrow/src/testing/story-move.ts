import type { PledgeModel, StoryModel } from "./story-model.ts";
import type { Tale } from "./story-tale.ts";

/** What chance gives a move: which one of several, how much, how long. */
export interface Dice {
  pick: number;
  minor: bigint;
  hours: number;
}
/** Whether a move makes sense now. */
export type Possible = (model: StoryModel) => boolean;
/** @param pledge the one that chance has picked, if there is any */
export type Does = (tale: Tale, dice: Dice, pledge: PledgeModel) => Promise<void>;
/** One kind of move; a heavier one comes more often. */
export type MoveKind = [weight: number, name: string, possible: Possible, does: Does];

export const always: Possible = () => true;
export const anyPledge: Possible = (model) => model.pledges.length > 0;
export const anyCharged: Possible = (model) => model.pledges.some((pledge) => pledge.charged !== "no");
export const undecided: Possible = (model) => model.batch === null && anyCharged(model);
