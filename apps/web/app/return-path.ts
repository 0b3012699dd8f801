/** Longest path that is carried through signing in: it travels in addresses, and servers bound those. */
export const RETURN_PATH_LENGTH_MAX = 2000;

/**
 * A path on this site that is safe to send somebody to, or `/`: never another origin, however it is dressed
 * (`//host`, `/\host`, control characters that browsers drop), and never an address that acts by itself.
 */
export function safeReturnPath(text: string | null | undefined): string {
  if (!text || text.length > RETURN_PATH_LENGTH_MAX) return "/";
  if (!text.startsWith("/") || /^\/[/\\]/.test(text) || /[\\\u0000-\u001f\u007f]/.test(text)) return "/";
  const site = "http://site.invalid";
  if (!URL.canParse(text, site)) return "/";
  const url = new URL(text, site);
  if (url.origin !== site || /^\/(\/|api|oauth|webhooks|w|sign-in|sign-out)(\/|$)/.test(url.pathname)) return "/";
  return url.pathname + url.search;
}

/** The page for signing in that leads back to `path`. */
export const signInPath = (path: string): string => {
  const back = safeReturnPath(path);
  return back === "/" ? "/sign-in" : `/sign-in?${new URLSearchParams({ return: back })}`;
};

/**
 * `path` with what was typed in its query, so that the form is filled again after signing in; null when that is too
 * long to travel. Empty fields stay away.
 */
export function carryTyped(path: string, typed: Readonly<Record<string, string>>): string | null {
  const carried = new URLSearchParams(Object.entries(typed).filter(([, value]) => value !== ""));
  const whole = carried.size === 0 ? path : `${path}?${carried}`;
  return whole.length > RETURN_PATH_LENGTH_MAX ? null : whole;
}
