import fc from "fast-check";
import type { StoryModel } from "./story-model.ts";
import type { Dice, Does, Possible } from "./story-move.ts";
import { movesFromOutside } from "./story-outside.ts";
import { movesOfPeople } from "./story-people.ts";
import type { Tale } from "./story-tale.ts";

const dice: fc.Arbitrary<Dice> = fc.record({
  pick: fc.nat(9999),
  minor: fc.oneof(
    { arbitrary: fc.bigInt({ min: 500n, max: 20_000n }), weight: 8 },
    { arbitrary: fc.constantFrom(500n, 501n, 999n, 2500n, 500_000n), weight: 2 },
  ),
  hours: fc.oneof(
    { arbitrary: fc.integer({ min: 1, max: 48 }), weight: 3 },
    { arbitrary: fc.integer({ min: 100, max: 800 }), weight: 1 },
  ),
});

/** One move of a story, as fast-check's commands are. */
class Move implements fc.AsyncCommand<StoryModel, Tale> {
  readonly #name: string;
  readonly #possible: Possible;
  readonly #does: Does;
  readonly #dice: Dice;

  constructor(name: string, possible: Possible, does: Does, thrown: Dice) {
    this.#name = name;
    this.#possible = possible;
    this.#does = does;
    this.#dice = thrown;
  }

  check(model: Readonly<StoryModel>): boolean {
    return this.#possible(model as StoryModel);
  }

  async run(model: StoryModel, tale: Tale): Promise<void> {
    model.moves.push(this.#name);
    const pledge = model.pledges[this.#dice.pick % Math.max(1, model.pledges.length)]!;
    await this.#does(tale, this.#dice, pledge);
    // The worker is about as quick as the people are.
    if (this.#dice.pick % 3 !== 0) await tale.work();
  }

  toString(): string {
    const { pick, minor, hours } = this.#dice;
    return `${this.#name}(pick ${pick}, ${minor} c, ${hours} h)`;
  }
}

const moves = [...movesOfPeople, ...movesFromOutside];

const weighted = (only?: readonly string[]) =>
  moves
    .filter(([, name]) => only === undefined || only.includes(name))
    .flatMap(([weight, name, possible, does]) =>
      Array.from({ length: weight }, () => dice.map((thrown) => new Move(name, possible, does, thrown))),
    );

/** Stories of up to 60 moves, of all kinds. */
export const anyStory = () => fc.commands(weighted(), { maxCommands: 60, size: "max" });

/** Stories in which nobody decides anything by themselves. */
export const undecidedStory = () =>
  fc.commands(
    weighted([
      "pledge",
      "a case stops pledges",
      "a case is dismissed",
      "time passes",
      "weeks pass",
      "the bank opens a case",
      "the bank decides, or thinks again",
      "the processor fails",
      "the process will die",
      "settle",
    ]),
    { maxCommands: 20, size: "max" },
  );
