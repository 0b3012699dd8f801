import { relayOutbox } from "@freehold/database";
import type { OfficeHolder } from "./mortal.ts";
import type { PostBox } from "./post-box.ts";

/** Takes what the processor has posted into the inbox; what is not taken stays in the box. @returns how many */
export async function takeIn({ vault }: OfficeHolder, box: PostBox): Promise<number> {
  let taken = 0;
  for (let letter = box.letters[0]; letter !== undefined; letter = box.letters[0]) {
    await vault.inbox.receive(letter.body, letter.signature);
    box.letters.shift();
    taken += 1;
  }
  return taken;
}

/** Works on the messages that were taken in, one by one, as the worker's job does. @returns how many */
export async function workOnMessages({ database, vault }: OfficeHolder): Promise<number> {
  const jobs: string[] = [];
  await relayOutbox(database, async (rows) => {
    jobs.push(...rows.map((row) => (row.payload as { eventId: string }).eventId));
  });
  for (const eventId of new Set([...jobs, ...(await vault.inbox.forgotten())]))
    await workOn({ database, vault }, eventId);
  return jobs.length;
}

async function workOn({ database, vault }: OfficeHolder, eventId: string): Promise<void> {
  const row = await database.inboxEvent.findUniqueOrThrow({ where: { id: eventId } });
  if (row.state !== "stored") return;
  const subject = await vault.inbox.subjectOf(eventId);
  if (subject !== null && "accountId" in subject) {
    const partyId = await vault.accounts.partyOf(subject.accountId);
    if (partyId !== null) await vault.accounts.refresh(partyId);
  }
  const seen = subject !== null && "paymentId" in subject ? await vault.observe(subject.paymentId, row.type) : null;
  await database.transact(async (tx) => {
    if (seen !== null) await vault.apply(tx, seen);
    await vault.inbox.applied(tx, eventId);
  });
}

/**
 * One round of everything that the worker does again and again (apps/worker, schedule).
 * @returns how much there was to do; 0 when all is quiet
 */
export async function goRound(holder: OfficeHolder): Promise<number> {
  const { database, vault } = holder;
  let done = await workOnMessages(holder);
  for (const developmentId of await vault.unfinished()) done += await vault.advance(developmentId);
  done += await vault.performDue();
  for (const paymentId of await vault.unheard()) {
    const seen = await vault.observe(paymentId);
    const fact = await database.transact((tx) => vault.apply(tx, seen));
    if (fact.kind !== "unchanged") done += 1;
  }
  return done;
}
