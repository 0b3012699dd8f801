/**
 * A path on this site to go on to, or "/" when the text is anything else: it begins with one "/", has no "//" before it
 * names a path, no backslash and no control character, and is at most 2000 characters long.
 */
export function returnPathOf(text: unknown): string {
  // oxlint-disable-next-line no-control-regex
  if (typeof text !== "string" || text.length > 2000 || !/^\/(?!\/)[^\\\u0000-\u001f\u007f]*$/.test(text)) return "/";
  const site = "http://site.invalid";
  const url = new URL(text, site);
  // Dots are folded away first: "/.//host" would begin with "//" only then.
  if (url.origin !== site || url.pathname.startsWith("//")) return "/";
  return url.pathname + url.search + url.hash;
}
