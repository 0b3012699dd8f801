import type { TypedAddress } from "./forge.ts";

const gitHubOwner = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/;
const repositoryName = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
const handle = /^(?=.{3,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))+$/;
const did = /^did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9.-]{1,200}(%3A\d{1,5})?)$/;

export interface ForgeHosts {
  /** host[:port] of GitHub's pages. */
  github: string;
  /** host[:port] of Tangled's pages; the real one has two names. */
  tangled: readonly string[];
}

/**
 * Understand what a person typed or pasted: a page or clone address, `owner/name` (GitHub), `handle/name` or
 * `@handle/name` (Tangled), or a repository DID. Null for anything else. Only names are taken from it, never a host
 * to go to.
 */
export function understandAddress(text: string, hosts: ForgeHosts): TypedAddress | null {
  const typed = text.trim();
  if (typed === "" || typed.length > 500 || /[\u0000-\u0020\u007f\\]/.test(typed)) return null;
  const ssh = /^(?:ssh:\/\/)?git@([^:/]+)[:/](.+)$/.exec(typed);
  if (ssh?.[1] && ssh[2]) return fromHost(ssh[1].toLowerCase(), parts(ssh[2]), hosts);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) {
    if (!/^https?:\/\//i.test(typed) || !URL.canParse(typed)) return null;
    const url = new URL(typed);
    if (url.username || url.password) return null;
    return fromHost(url.host.toLowerCase(), parts(url.pathname), hosts);
  }
  const [first = "", ...rest] = parts(typed.split(/[?#]/)[0] ?? "");
  const known = first.toLowerCase();
  if (known === hosts.github || known === `www.${hosts.github}` || hosts.tangled.includes(known)) {
    return fromHost(known, rest, hosts);
  }
  if (rest.length > 1) return null;
  return fromTangled([first, ...rest]) ?? fromGitHub([first, ...rest]);
}

function parts(path: string): string[] {
  return path.split("/").flatMap((part) => {
    try {
      return part ? [decodeURIComponent(part)] : [];
    } catch {
      return ["\0"];
    }
  });
}

function fromHost(host: string, path: string[], hosts: ForgeHosts): TypedAddress | null {
  if (host === hosts.github || host === `www.${hosts.github}`) return fromGitHub(path);
  if (hosts.tangled.includes(host)) return fromTangled(path);
  // A knot's own clone address: the DID in it says everything, the host nothing.
  return path[0]?.startsWith("did:") ? fromTangled(path) : null;
}

function fromGitHub([owner = "", rawName = ""]: string[]): TypedAddress | null {
  const name = rawName.replace(/\.git$/, "");
  return gitHubOwner.test(owner) && repositoryName.test(name) ? { forge: "github", owner, name } : null;
}

function fromTangled([rawOwner = "", rawName]: string[]): TypedAddress | null {
  const owner = rawOwner.replace(/^@/, "");
  if (rawName === undefined) return did.test(owner) ? { forge: "tangled", repoDid: owner } : null;
  const name = rawName.replace(/\.git$/, "");
  if (!repositoryName.test(name)) return null;
  if (did.test(owner)) return { forge: "tangled", owner, name };
  return handle.test(owner) ? { forge: "tangled", owner: owner.toLowerCase(), name } : null;
}

/** Whether a text is a DID we can resolve (plc or web). */
export function isDid(text: unknown): text is `did:${string}:${string}` {
  return typeof text === "string" && did.test(text);
}

export function isHandle(text: unknown): text is `${string}.${string}` {
  return typeof text === "string" && handle.test(text);
}

export function isRepositoryName(text: unknown): text is string {
  return typeof text === "string" && repositoryName.test(text);
}
