import type { Tx } from "@freehold/database";
import { sayMoment } from "@freehold/values";
import { backersOf, notify, proposalPath } from "../notice/notify.ts";
import type { Looked } from "./watch.ts";

/** Tells those concerned what a look has changed: the developer what to do, the backers what it means for them. */
export async function tellOfLook(
  tx: Tx,
  {
    developmentId,
    releaseId,
    proposal,
    looked,
    why,
    at,
  }: {
    developmentId: string;
    releaseId: string;
    proposal: { id: string; title: string };
    looked: Looked;
    why: string;
    at: Date;
  },
): Promise<void> {
  const { watch, became } = looked;
  const path = proposalPath(proposal.id);
  const { developerId } = await tx.development.findUniqueOrThrow({
    where: { id: developmentId },
    select: { developerId: true },
  });
  const key = (what: string, since: Date) => `release:${releaseId}:${what}:${since.toISOString()}`;
  const backers = became.length > 0 ? await backersOf(tx, developmentId) : [];
  if (became.includes("suspended")) {
    const suspended = watch.suspended!;
    await notify(tx, [developerId], {
      key: key("suspended", suspended.at),
      kind: "release_withdrawn",
      sentence: `Your release of “${proposal.title}” no longer passes the checks: ${why} Nobody is paid while that is so.`,
      path,
    });
    await notify(tx, backers, {
      key: key("suspended", suspended.at),
      kind: "release_suspended",
      sentence: `The payment for “${proposal.title}” is suspended: ${why}`,
      path,
    });
  }
  if (became.includes("cure_begun")) {
    await notify(tx, [developerId], {
      key: key("cure", watch.cureUntil!),
      kind: "release_cure",
      sentence: `Make your release of “${proposal.title}” good by ${sayMoment(watch.cureUntil!)}; otherwise everybody is refunded.`,
      path,
    });
  }
  if (became.includes("restored")) {
    const end = became.includes("restarted") ? "The window starts again and ends" : "The window ends";
    await notify(tx, [developerId, ...backers], {
      key: key("restored", at),
      kind: "release_restored",
      sentence: `The release of “${proposal.title}” is in order again. ${end} at ${sayMoment(watch.endsAt)}.`,
      path,
    });
  }
  // One word for an outage, however often the end moves in it.
  if (became.includes("moved")) {
    await notify(tx, [developerId, ...backers], {
      key: key("unobserved", watch.lastGoodAt < at ? watch.lastGoodAt : at),
      kind: "window_moved",
      sentence: `The repository of “${proposal.title}” could not be looked at for a while: the end of the window moves by as long, three days at most.`,
      path,
    });
  }
}
