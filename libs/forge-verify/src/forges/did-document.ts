import { ask, faultOfStatus, retryAfterOf } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import type { Observed, RequestRecord } from "../evidence.ts";
import { isDid } from "./typed-address.ts";

/** Ask for JSON; anything but a 200 with an object is a fault. */
export async function askJson(
  guard: AddressGuard,
  url: string,
  timeoutMs: number,
): Promise<Observed<Record<string, unknown>>> {
  const answer = await ask(guard, {
    url,
    headers: { accept: "application/json" },
    maxBytes: 2_000_000,
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
    if (value !== null && typeof value === "object")
      return { ok: true, value: value as Record<string, unknown>, evidence };
  } catch {
    // Not JSON: the same as a wrong shape.
  }
  return { ok: false, fault: "malformed", evidence };
}

export interface DidDocument {
  did: string;
  handles: string[];
  /** The #atproto_pds service: a person's data server, or a repository's knot. */
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
  const url = did.startsWith("did:plc:")
    ? `${plcUrl}/${did}`
    : `https://${decodeURIComponent(did.slice("did:web:".length))}/.well-known/did.json`;
  const answer = await askJson(guard, url, timeoutMs);
  if (!answer.ok) return answer;
  const { id, alsoKnownAs, service } = answer.value;
  if (id !== did) return { ok: false, fault: "malformed", evidence: answer.evidence };
  const services = Array.isArray(service) ? (service as { id?: unknown; serviceEndpoint?: unknown }[]) : [];
  const endpoint = services.find(
    (one) => typeof one.id === "string" && one.id.endsWith("#atproto_pds"),
  )?.serviceEndpoint;
  const handles = (Array.isArray(alsoKnownAs) ? alsoKnownAs : []).flatMap((one: unknown) =>
    typeof one === "string" && one.startsWith("at://") ? [one.slice("at://".length).toLowerCase()] : [],
  );
  return {
    ok: true,
    value: {
      did,
      handles,
      endpoint: typeof endpoint === "string" && URL.canParse(endpoint) ? endpoint.replace(/\/+$/, "") : null,
    },
    evidence: answer.evidence,
  };
}
