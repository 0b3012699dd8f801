import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Addresses that are not the public internet: loopback, private, link-local, shared, documentation, multicast, reserved. */
const notPublic = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  notPublic.addSubnet(net, bits, "ipv4");
}

/** Of IPv6 only global unicast is public, less what tunnels, documents or translates IPv4 into it. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");
const notPublic6 = new BlockList();
for (const [net, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  notPublic6.addSubnet(net, bits, "ipv6");
}

/** Whether an IP address (as text) belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !notPublic.check(address, "ipv4");
  if (isIP(address) !== 6) return false;
  return globalUnicast.check(address, "ipv6") && !notPublic6.check(address, "ipv6");
}

export type Lookup = (host: string) => Promise<string[]>;

export type AddressAnswer =
  | { ok: true; url: URL; host: string; port: number; addresses: string[] }
  | { ok: false; fault: "unsafe_url" | "dns" };

/** A name server that answers slowly costs no more than this, milliseconds. */
const LOOKUP_MS = 10_000;

const everyAddress: Lookup = async (host) => (await systemLookup(host, { all: true })).map((one) => one.address);

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the name server did not answer")), LOOKUP_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Decides which addresses may be asked. https to public addresses on port 443 or above 1023; besides that only what is
 * allowed by name, `host:port`, as the local world does with its own servers (there also http and loopback).
 */
export class AddressGuard {
  readonly #allowed: ReadonlySet<string>;
  readonly #lookup: Lookup;

  constructor(allowed: readonly string[] = [], lookup: Lookup = everyAddress) {
    this.#allowed = new Set(allowed.map((one) => one.toLowerCase()));
    this.#lookup = lookup;
  }

  /** The origin of a server that is named without one (`host` or `host:port`): https, or http where that is allowed by name. */
  originOf(host: string): string {
    const plain = new URL(`http://${host}`);
    return this.#allowed.has(`${plain.hostname}:${plain.port || "80"}`)
      ? plain.origin
      : new URL(`https://${host}`).origin;
  }

  /** Resolve the host once and say where a connection may go; the caller must connect to one of these and nowhere else. */
  async check(address: string | URL): Promise<AddressAnswer> {
    const unsafe = { ok: false, fault: "unsafe_url" } as const;
    const text = String(address);
    if (text.length > 2000 || !URL.canParse(text)) return unsafe;
    const url = new URL(text);
    const port = url.port ? Number(url.port) : url.protocol === "https:" ? 443 : 80;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (url.username || url.password) return unsafe;
    if (url.protocol !== "https:" && url.protocol !== "http:") return unsafe;
    const allowedByName = this.#allowed.has(`${url.hostname}:${port}`.toLowerCase());
    if (!allowedByName && (url.protocol !== "https:" || (port !== 443 && port < 1024))) return unsafe;
    if (isIP(host)) {
      return allowedByName || isPublicAddress(host) ? { ok: true, url, host, port, addresses: [host] } : unsafe;
    }
    let addresses: string[];
    try {
      addresses = await inTime(this.#lookup(host));
    } catch {
      return { ok: false, fault: "dns" };
    }
    if (addresses.length === 0) return { ok: false, fault: "dns" };
    // One private address among public ones is how a rebinding name looks.
    if (!allowedByName && !addresses.every(isPublicAddress)) return unsafe;
    return { ok: true, url, host, port, addresses };
  }
}
