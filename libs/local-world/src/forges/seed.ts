import type { Author, BareRepository, CommitInput } from "./bare-repository.ts";
import type { LocalGitHub } from "./local-github.ts";
import type { LocalKnot } from "./local-knot.ts";
import { licenceText } from "./licence-text.ts";
import { seedHistories, type SeedStep } from "./seed-histories.ts";

/** Who is who in the local world, by first name. */
export type SeedPeople = Record<string, { did: string; handle: string }>;

const day = 86_400_000;

function author(name: string): Author {
  return { name, email: `${name}@freehold.test` };
}

/** A story's steps as commits, three days apart, the last one four days before `now`: fixed ids for a fixed clock. */
function commits(owner: string, steps: readonly SeedStep[], startOfStory: Date): CommitInput[] {
  return steps.map((step, number) => ({
    branch: "main",
    files: Object.fromEntries(
      Object.entries(step.files).map(([file, text]) => [
        file,
        typeof text === "string" ? text : licenceText(text.licence, text.holder ?? owner),
      ]),
    ),
    message: step.message,
    author: author(step.by ?? owner),
    date: new Date(startOfStory.getTime() + number * 3 * day),
  }));
}

/** The steps that a start which was killed half-way left out; none once people have moved the branch. */
async function missing(bare: BareRepository, wanted: readonly CommitInput[]): Promise<readonly CommitInput[]> {
  const there = await bare.log("refs/heads/main", wanted.length + 1);
  const untouched = there.every((commit, back) => commit.message === wanted[there.length - 1 - back]?.message);
  return untouched ? wanted.slice(there.length) : [];
}

/**
 * Fill both forges with the repositories of the story, with history and licences. Safe to run at every start: what is
 * there already stays as people left it.
 */
export async function seedRepositories(github: LocalGitHub, knot: LocalKnot, people: SeedPeople): Promise<void> {
  const start = new Date("2026-03-02T09:00:00Z");
  for (const { owner, name, history, isPrivate } of seedHistories.github) {
    const found = await github.find({ owner, name });
    if (!found) await github.createRepository({ owner, name, private: isPrivate ?? false });
    const bare = github.bare({ owner, name });
    for (const commit of await missing(bare, commits(owner, history, start))) {
      await github.commit({ owner, name, ...commit });
    }
  }
  const upstream = { owner: "larkspur", name: "larkspur" };
  const copy = { owner: "dave", name: "larkspur" };
  if (!(await github.find(copy))) await github.fork({ ...copy, from: upstream });

  for (const { owner, name, history } of seedHistories.tangled) {
    const person = people[owner];
    if (!person) continue;
    const { repoDid } =
      (await knot.find({ owner: person.did, name })) ??
      (await knot.createRepository({ ownerDid: person.did, ownerHandle: person.handle, name }));
    for (const commit of await missing(knot.bare({ repoDid }), commits(owner, history, start))) {
      await knot.commit({ repoDid, ...commit });
    }
  }
}
