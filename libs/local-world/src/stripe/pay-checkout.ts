export interface TypedCard {
  number: string;
  /** "12/34" unless given. */
  expiry?: string;
  cvc?: string;
  email?: string;
  /** How to answer 3-D Secure if the bank asks; completed unless "fail". */
  challenge?: "complete" | "fail";
}

export type CheckoutResult = { paid: true; redirect: string } | { paid: false; message: string };

/**
 * Pays on a session's hosted page as a browser without JavaScript would: reads the form, fills it in, sends it, answers
 * 3-D Secure, and stops at the redirect that leaves the processor (it is not followed) or at the page's refusal.
 */
export async function payCheckout(sessionUrl: string, card: TypedCard): Promise<CheckoutResult> {
  const first = await fetch(sessionUrl, { redirect: "manual" });
  const html = await first.text();
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1];
  if (action === undefined) return { paid: false, message: said(html) };
  const email = /name="email"[^>]*value="([^"]*)"[^>]*readonly/.exec(html)?.[1] ?? card.email ?? "backer@example.com";
  let answer = await send(new URL(action, sessionUrl), {
    email,
    number: card.number,
    expiry: card.expiry ?? "12/34",
    cvc: card.cvc ?? "123",
  });
  const next = answer.headers.get("location");
  if (answer.status === 303 && next !== null && new URL(next, sessionUrl).pathname.startsWith("/c/challenge/")) {
    answer = await send(new URL(next, sessionUrl), { answer: card.challenge ?? "complete" });
  }
  const redirect = answer.headers.get("location");
  if (answer.status === 303 && redirect !== null) return { paid: true, redirect };
  return { paid: false, message: said(await answer.text()) };
}

/** Fills in the hosted onboarding page behind an account link; returns where it leads. */
export async function finishOnboarding(
  linkUrl: string,
  answers: { legalName?: string; country?: string; unpayable?: boolean } = {},
): Promise<string> {
  const answer = await send(new URL(linkUrl), {
    legal_name: answers.legalName ?? "Test Person",
    country: answers.country ?? "US",
    answer: answers.unpayable ? "unpayable" : "finish",
  });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`Onboarding did not finish: ${said(await answer.text())}`);
  return location;
}

function send(url: URL, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
}

function said(html: string): string {
  const alert = /role="alert">([^<]*)</.exec(html)?.[1] ?? /<h1>([^<]*)</.exec(html)?.[1] ?? "The page said nothing.";
  return alert
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
