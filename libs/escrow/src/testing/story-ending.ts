import { DAY_MS, HOUR_MS, MINUTE_MS } from "@freehold/values";
import { LATEST_MS, type Tale } from "./story-tale.ts";

/** Nothing goes wrong any more, and everything comes to its end. */
export async function endStory(tale: Tale, pick: number): Promise<void> {
  const { till, model } = tale;
  await till.stripe.clearFailures();
  tale.dying = 0;
  if (pick % 2 === 0) await tale.freePayees();
  await tale.close();
  await tale.expirePages();
  // The banks answer what they were still thinking about.
  await tale.wind(model.pledges.some((pledge) => pledge.delayed) ? 5 * DAY_MS : MINUTE_MS);
  await tale.lookAtAll();
  if (model.batch === null && pick % 3 > 0) await tale.refundAll(pick % 3 === 1 ? "whole" : "pledge");
  await tale.sweep();
  if ((await waitingIn(tale)).length > 0) await tale.wind(Math.max(0, tale.latestDay() - (await tale.now())) + 1000);
  await decideAtTheBank(tale, pick);
  for (let round = 0; round < 16; round += 1) {
    await tale.lookAtAll();
    await tale.sweep();
    const waiting = await waitingIn(tale);
    if (waiting.length === 0) {
      // What the banks still have to say to the last of it.
      await tale.windTo((await tale.now()) + MINUTE_MS);
      await tale.lookAtAll();
      if ((await waitingIn(tale)).length > 0) continue;
      return tale.freePayees();
    }
    if (round === 0) {
      // A later pledge that is stopped has a latest day of its own.
      const last = Math.max(0, ...model.pledges.map((pledge) => pledge.chargedAt)) + LATEST_MS + MINUTE_MS;
      await tale.windTo(last);
    } else if (round > 1) await tale.windTo((await tale.now()) + 25 * HOUR_MS);
    // By then every case has been ruled.
    if (round === 2) for (const subject of ["case-0", "case-1"]) await tale.dismiss(subject);
    if (round === 3) await tale.runOutOfTime();
    // What is paid again has no latest day: it waits until its payee can be paid.
    if (round === 4) await tale.freePayees();
  }
  throw new Error(`the story does not end: ${JSON.stringify(await waitingIn(tale))}`);
}

/** What of this story is not over. */
function waitingIn(tale: Tale): Promise<{ what: string }[]> {
  return tale.till.market.asOwner<{ what: string }>(
    `SELECT 'payment ' || id || ' is ' || state || CASE WHEN locked THEN ', stopped' ELSE '' END AS what FROM payment
     WHERE development_id = $1 AND state IN ('opened', 'held', 'settling', 'refunding')
     UNION ALL SELECT 'refund ' || r.id || ' is ' || r.state FROM refund r JOIN payment p ON p.id = r.payment_id
     WHERE p.development_id = $1 AND r.state IN ('planned', 'parked')
     UNION ALL SELECT concat_ws(' ', i.purpose, i.id, 'is', i.state, i.error, 'attempt', i.attempt, 'after', r.error) FROM intent i
     LEFT JOIN intent r ON r.purpose = i.purpose AND r.subject_id = i.subject_id AND r.attempt = i.attempt - 1
     WHERE i.development_id = $1 AND i.state IN ('PLANNED', 'SENT', 'UNKNOWN')`,
    [tale.developmentId],
  );
}

/** Every case of the bank that is still open is decided. */
async function decideAtTheBank(tale: Tale, pick: number): Promise<void> {
  for (const pledge of tale.model.pledges.filter((one) => one.meddled.has("bank"))) {
    const rows = await tale.till.database.chargeback.findMany({ where: { paymentId: pledge.id, closedAt: null } });
    for (const row of rows)
      await (
        pick % 2 === 0 ? tale.till.stripe.winDispute(row.objectId) : tale.till.stripe.loseDispute(row.objectId)
      ).catch(() => {});
  }
}
