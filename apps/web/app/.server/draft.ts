import { deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * What was typed into a long form, carried through signing in by the visitor's own browser: too long for an address, it
 * waits in cookies that are sent to that one page only. Nothing is kept on our side.
 */
const cookieName = "freehold_draft";
const chunkLength = 3_500;
const chunksMax = 3;
const draftBytesMax = 64 * 1024;
const keptSeconds = 3_600;

const attributes = (path: string, seconds: number) =>
  `; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${process.env.PUBLIC_URL?.startsWith("https:") ? "; Secure" : ""}`;

/** The `set-cookie` lines that keep a draft for the page at `path`; null when it is too long even so. */
export function keepDraft(path: string, typed: Readonly<Record<string, string>>): string[] | null {
  const packed = deflateRawSync(JSON.stringify(typed)).toString("base64url");
  const chunks = packed.match(new RegExp(`.{1,${chunkLength}}`, "g")) ?? [];
  if (chunks.length > chunksMax) return null;
  return Array.from({ length: chunksMax }, (_nothing, index) => {
    const chunk = chunks[index];
    return `${cookieName}${index}=${chunk ?? ""}${attributes(path, chunk ? keptSeconds : 0)}`;
  });
}

/** Forgets a draft; nothing when there is none. */
export function dropDraft(path: string, request: Request): string[] {
  if (!request.headers.get("cookie")?.includes(cookieName)) return [];
  return Array.from({ length: chunksMax }, (_nothing, index) => `${cookieName}${index}=${attributes(path, 0)}`);
}

/** The draft a browser brought back; null when there is none or it makes no sense. */
export function readDraft(request: Request): Record<string, string> | null {
  const cookies = request.headers.get("cookie") ?? "";
  const packed = Array.from(
    { length: chunksMax },
    (_nothing, index) => new RegExp(`(?:^|; )${cookieName}${index}=([\\w-]*)`).exec(cookies)?.[1] ?? "",
  ).join("");
  if (packed === "") return null;
  try {
    const draft: unknown = JSON.parse(
      inflateRawSync(Buffer.from(packed, "base64url"), { maxOutputLength: draftBytesMax }).toString("utf8"),
    );
    if (typeof draft !== "object" || draft === null) return null;
    return Object.fromEntries(
      Object.entries(draft).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return null;
  }
}

/** The visitor's cookies without drafts: the api has no use for them. */
export const withoutDraft = (cookies: string): string =>
  cookies
    .split("; ")
    .filter((cookie) => !cookie.startsWith(cookieName))
    .join("; ");
