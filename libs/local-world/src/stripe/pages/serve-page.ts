import type { IncomingMessage, ServerResponse } from "node:http";
import { parse } from "qs";
import { shown } from "../currency.ts";
import { advance, finish } from "../turn.ts";
import type { World } from "../world.ts";
import { answerChallenge, showChallenge, showCheckout, submitCheckout, type Form } from "./checkout-page.ts";
import { notice, shows, type PageAnswer } from "./layout.ts";
import { showOnboarding, submitOnboarding } from "./onboarding-page.ts";

type Show = (world: World, id: string) => PageAnswer;
type Submit = (world: World, id: string, form: Form) => PageAnswer;

const showReceipt: Show = (world, id) => {
  const charge = world.store.get("charge", id);
  if (charge === undefined) return shows(notice("Nothing here", "There is no such receipt."), 404);
  const returned = charge.refunded > 0 ? ` ${shown(charge.refunded, charge.currency)} of it was returned.` : "";
  return shows(
    notice(
      "Receipt",
      `${shown(charge.amount, charge.currency)} paid with the card ending in ${charge.card.last4}.${returned}`,
    ),
  );
};

const PAGES: Record<string, { show: Show; submit: Submit }> = {
  pay: { show: showCheckout, submit: submitCheckout },
  challenge: { show: showChallenge, submit: answerChallenge },
  onboarding: { show: showOnboarding, submit: submitOnboarding },
  receipt: { show: showReceipt, submit: showReceipt },
};

/** Answers a page a person (or a browser without JavaScript) sees: `/c/<which>/<id>`. */
export async function servePage(
  world: World,
  now: () => Promise<number>,
  request: IncomingMessage,
  url: URL,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const [, , which = "", id = ""] = url.pathname.split("/");
  const found = Object.hasOwn(PAGES, which) ? PAGES[which] : undefined;
  let answer: PageAnswer;
  if (which === "done") answer = shows(notice("Done", "You can close this page."));
  else if (found === undefined) answer = shows(notice("Nothing here", "There is no such page."), 404);
  else {
    advance(world, await now());
    try {
      answer = request.method === "POST" ? found.submit(world, id, parse(body) as Form) : found.show(world, id);
    } finally {
      finish(world);
    }
  }
  const headers = { "cache-control": "no-store", "referrer-policy": "no-referrer" };
  if (answer.location !== undefined) {
    response.writeHead(answer.status, { ...headers, location: answer.location }).end();
    return;
  }
  response.writeHead(answer.status, { ...headers, "content-type": "text/html; charset=utf-8" }).end(answer.html);
}
