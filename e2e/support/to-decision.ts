import type { Page } from "@playwright/test";
import { newRepository } from "./git.ts";
import { getPaid, openPreview, pledge, propose, reserve, seen, type Wish, wind } from "./story.ts";

export interface Cast {
  developer: { page: Page; name: string };
  /** Who pledges what, dollars. The first one proposes. */
  backers: [page: Page, dollars: string][];
  staff: Page;
}

/** The shortest way to a closed preview: proposed, reserved, shown, paid into. */
export async function toDecision({ developer, backers, staff }: Cast, wish: Wish) {
  const [first] = backers;
  if (!first) throw new Error("Somebody has to propose it.");
  const id = await propose(first[0], wish);
  await getPaid(developer.page, `${developer.name} Developer`);
  const repository = await newRepository(developer.name, wish.title.toLowerCase().replaceAll(/[^a-z]+/g, "-"));
  const development = await reserve(developer.page, id, repository.webUrl);
  await openPreview(developer.page, id);
  for (const [page, dollars] of backers) await pledge(page, id, dollars);
  await wind(staff, "+3d");
  await seen(first[0], id, `Pledges are closed while ${developer.name} decides`);
  return { id, development, repository };
}
