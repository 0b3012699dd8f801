import { ask, faultOfStatus, retryAfterOf, type Reply } from "../address/ask.ts";
import type { AddressGuard } from "../address/guard.ts";
import { sha256, type Fault, type Observed, type RequestRecord } from "../evidence.ts";
import { packet, readPackets } from "./packet-line.ts";

export interface Advertisement {
  /** The address that answered, after any redirect; git is sent there and follows none itself. */
  url: string;
  /** Branches and tags only, full names; never pull requests or other hidden corners. */
  refs: Record<string, string>;
  /** The default branch, without refs/heads/. */
  head: string | null;
  objectFormat: string;
  digest: string;
}

export interface AdvertiseLimits {
  maxBytes: number;
  maxRefs: number;
  timeoutMs: number;
  /** For all answers together, in milliseconds; unlimited when not said. */
  totalMs?: number;
  /** The address of this machine to ask from, where it has several. */
  localAddress?: string;
}

/**
 * Ask anonymously which branches and tags a repository shows, in git's own protocol v2 (v0 if that is what the server
 * speaks). We do this ourselves because git reports every HTTP fault in the same way.
 */
export async function advertise(
  guard: AddressGuard,
  cloneUrl: string,
  limits: AdvertiseLimits,
): Promise<Observed<Advertisement>> {
  const until = performance.now() + (limits.totalMs ?? Number.POSITIVE_INFINITY);
  const base = cloneUrl.replace(/\/+$/, "");
  // Named like any git: a server that treats us differently has to treat everybody so.
  const headers = { "git-protocol": "version=2", "user-agent": "git/2.39.5" };
  const first = await ask(guard, {
    url: `${base}/info/refs?service=git-upload-pack`,
    headers,
    ...limits,
    redirects: 3,
  });
  if (!first.ok) return first;
  const evidence: RequestRecord[] = [...first.evidence];
  const failed = (fault: Fault, reply?: Reply): Observed<Advertisement> => {
    const wait = reply && retryAfterOf(reply.headers);
    return { ok: false, fault, evidence, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  };
  const reply = first.value;
  if (reply.status !== 200) return failed(faultOfStatus(reply.status, reply.headers), reply);
  const type = String(reply.headers["content-type"] ?? "");
  if (!type.startsWith("application/x-git-upload-pack-advertisement")) return failed("malformed");
  const suffix = "/info/refs?service=git-upload-pack";
  if (!reply.url.endsWith(suffix)) return failed("malformed");
  const url = reply.url.slice(0, -suffix.length);
  const lines = readPackets(reply.body)?.filter((line) => line !== null && !line.startsWith("# service="));
  if (!lines) return failed("malformed");

  const speaksV2 = lines[0] === "version 2";
  const capabilities = speaksV2 ? lines : (lines[0]?.split("\0")[1]?.split(" ") ?? []);
  const objectFormat = capabilities.find((line) => line?.startsWith("object-format="))?.slice(14) ?? "sha1";
  let listing = lines;
  if (speaksV2) {
    const format = objectFormat === "sha1" ? "" : packet(`object-format=${objectFormat}\n`);
    const body =
      packet("command=ls-refs\n") +
      format +
      "0001" +
      ["symrefs", "ref-prefix HEAD", "ref-prefix refs/heads/", "ref-prefix refs/tags/"]
        .map((l) => packet(`${l}\n`))
        .join("") +
      "0000";
    const second = await ask(guard, {
      url: `${url}/git-upload-pack`,
      method: "POST",
      headers: { ...headers, "content-type": "application/x-git-upload-pack-request" },
      body,
      ...limits,
      totalMs: until - performance.now(),
    });
    evidence.push(...second.evidence);
    if (!second.ok) return failed(second.fault);
    if (second.value.status !== 200)
      return failed(faultOfStatus(second.value.status, second.value.headers), second.value);
    const answered = readPackets(second.value.body);
    if (!answered) return failed("malformed");
    listing = answered;
  }
  const read = readRefs(listing, speaksV2 ? null : capabilities, limits.maxRefs);
  if (typeof read === "string") return failed(read);
  const digest = sha256(JSON.stringify([read.head, Object.entries(read.refs).toSorted()]));
  return { ok: true, value: { url, objectFormat, digest, ...read }, evidence };
}

function readRefs(
  lines: readonly (string | null)[],
  capabilitiesV0: readonly (string | null)[] | null,
  maxRefs: number,
): { refs: Record<string, string>; head: string | null } | Fault {
  const refs: Record<string, string> = Object.create(null) as Record<string, string>;
  let head = capabilitiesV0?.find((one) => one?.startsWith("symref=HEAD:refs/heads/"))?.slice(23) ?? null;
  let count = 0;
  for (const line of lines) {
    if (line === null) continue;
    const [id = "", name = "", ...attributes] = (line.split("\0")[0] ?? "").split(" ");
    if (id === "unborn" || /^0+$/.test(id)) continue;
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) return "malformed";
    if (name === "HEAD") {
      const target = attributes.find((one) => one.startsWith("symref-target:refs/heads/"));
      if (target) head = target.slice("symref-target:refs/heads/".length);
      continue;
    }
    if (!/^refs\/(heads|tags)\//.test(name) || name.endsWith("^{}")) continue;
    // Names git itself would refuse are left out: they can neither be fetched nor agreed on.
    if (!isRefName(name)) continue;
    count += 1;
    if (count > maxRefs) return "too_large";
    refs[name] = id;
  }
  return { refs: { ...refs }, head: head !== null && isRefName(`refs/heads/${head}`) ? head : null };
}

/** git's own rules for ref names (git check-ref-format), for a full name. */
export function isRefName(name: string): boolean {
  if (Buffer.byteLength(name) > 250 || name.startsWith("/") || name.endsWith("/") || name.endsWith(".")) return false;
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\uFFFD/.test(name)) return false;
  return name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Whether a text can be the name of a branch. */
export function isBranchName(name: string): boolean {
  return name !== "" && name !== "HEAD" && name !== "@" && !name.startsWith("-") && isRefName(`refs/heads/${name}`);
}
