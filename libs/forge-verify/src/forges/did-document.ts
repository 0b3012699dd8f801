import { ask, faultOfStatus, retryAfterOf } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import type { Observed, RequestRecord } from "../evidence.ts";
import { isDid } from "./typed-address.ts";

/** More than a page of a hundred repository records needs, and little to hold. */
const MAX_BYTES = 1_000_000;

/** Ask for JSON; anything but a 200 with an object is a fault. */
export async function askJson(
  guard: AddressGuard,
  url: string,
  timeoutMs: number,
): Promise<Observed<Record<string, unknown>>> {
  const answer = await ask(guard, {
    url,
    headers: { accept: "application/json" },
    maxBytes: MAX_BYTES,
    timeoutMs,
    redirects: 2,
  });
  if (!answer.ok) return answer;
  const { evidence, value: reply } = answer;
  if (reply.status !== 200) {
    const retryAfterMs = retryAfterOf(reply.headers);
    const fault = faultOfStatus(reply.status, reply.headers);
    // atproto servers answer 400 for what they do not know.
    const unknown = reply.status === 400 && /NotFound|Unable to resolve/i.test(reply.body.toString("utf8"));
    return {
      ok: false,
      fault: unknown ? "not_found" : fault,
      evidence,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  try {
    const value = JSON.parse(reply.body.toString("utf8")) as unknown;
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      return { ok: true, value: value as Record<string, unknown>, evidence };
  } catch {
    // Not JSON: the same as a wrong shape.
  }
  return { ok: false, fault: "malformed", evidence };
}

export interface DidDocument {
  did: string;
  /** As the document claims; whether a handle leads back has to be asked. */
  handles: string[];
  /** Origin of the #atproto_pds service: a person's data server, or a repository's knot. */
  endpoint: string | null;
}

/** Resolve a did:plc at the directory or a did:web at its host. */
export async function resolveDid(
  guard: AddressGuard,
  plcUrl: string,
  did: string,
  timeoutMs: number,
): Promise<Observed<DidDocument>> {
  const evidence: RequestRecord[] = [];
  if (!isDid(did)) return { ok: false, fault: "malformed", evidence };
  const host = did.startsWith("did:web:") ? decodeURIComponent(did.slice("did:web:".length)) : null;
  if (host !== null && !URL.canParse(`https://${host}`)) return { ok: false, fault: "malformed", evidence };
  const url = host === null ? `${plcUrl}/${did}` : `${guard.originOf(host)}/.well-known/did.json`;
  const answer = await askJson(guard, url, timeoutMs);
  if (!answer.ok) return answer;
  const { id, alsoKnownAs, service } = answer.value;
  if (id !== did) return { ok: false, fault: "malformed", evidence: answer.evidence };
  const handles = list(alsoKnownAs).flatMap((one) =>
    typeof one === "string" && one.startsWith("at://") ? [one.slice("at://".length).toLowerCase()] : [],
  );
  const named = ["#atproto_pds", `${did}#atproto_pds`];
  const endpoint = list(service)
    .map((one) => (one ?? {}) as { id?: unknown; serviceEndpoint?: unknown })
    .find((one) => typeof one.id === "string" && named.includes(one.id))?.serviceEndpoint;
  return { ok: true, value: { did, handles, endpoint: originIn(endpoint) }, evidence: answer.evidence };
}

/** The first entries of what should be a list; a hostile document may hold any number of anything. */
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, 50) : []);

/** A service is a server and nothing else: no path, no password. */
function originIn(endpoint: unknown): string | null {
  if (typeof endpoint !== "string" || endpoint.length > 300 || !URL.canParse(endpoint)) return null;
  const url = new URL(endpoint);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  const plain = url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
  return plain ? url.origin : null;
}
