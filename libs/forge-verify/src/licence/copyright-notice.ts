/** "Copyright (c) 2024 …", "© 2019-2024 …", "Copyright <year> …": the sign or a year must be there. */
const start =
  /^[\s*#/.>-]*(?:portions\s+|parts\s+)?(?:copyright\s*(?:\(c\)|©|:)?|\(c\)|©)\s*(?:\(c\)|©)?\s*(?:copyright\s+)?(?:by\s+)?/i;
const year = /\b[12]\d{3}\b|<year>|\[yyyy\]|\byyyy\b|\byear\b/i;
const sign = /\(c\)|©/i;
const reserved = /\ball rights reserved\b\.?/gi;

/** Words that a notice has no use for: a line that holds one may change what is allowed. */
const terms =
  /\b(not|no|never|may|must|shall|should|only|except|unless|without|provided|subject|condition\w*|permission\w*|permit\w*|licen[cs]e[ds]?|grant\w*|sell\w*|sale|commercial\w*|us(e|es|ed|er|ers|ing|age)|prohibit\w*|restrict\w*|forbid\w*|require\w*|agree\w*|clause\w*|pay\w*|fees?|royalt\w*|owes?|donat\w*|you|your|anyone|everyone|allow\w*|revok\w*|terminat\w*)\b/i;

/** Small words in the names of holders. */
const small = new Set(
  (
    "and of the by de da van von der den du la le el for at in on as to its other others see file files list listed all " +
    "contributors contributor authors author maintainers members project projects team developers holders owners present inc llc ltd gmbh"
  ).split(" "),
);

/**
 * Whether a line is nothing but a copyright notice: years and names. What could be a sentence is not one, so that no
 * term hides in a line that the comparison leaves out.
 */
export function isCopyrightNotice(line: string): boolean {
  if (line.length > 200) return false;
  const plain = line.replace(reserved, " ");
  if (/^[\s*#/.>-]*$/.test(plain) && plain !== line) return true;
  if (!start.test(line) || !(year.test(line) || sign.test(line))) return false;
  const named = plain
    .replace(start, "")
    .replace(/<[^<>]{0,80}>|\([^()]{0,80}\)|\[[^[\]]{0,80}\]/g, (inside) => (terms.test(inside) ? inside : " "))
    .replace(/https?:\/\/\S+|\S+@\S+/g, " ");
  if (terms.test(named)) return false;
  const words = named.match(/[\p{L}][\p{L}'’.-]*/gu) ?? [];
  const unknown = words.filter((word) => /^\p{Ll}/u.test(word) && !small.has(word.replace(/\.$/, "").toLowerCase()));
  return words.length <= 14 && unknown.length <= 3;
}
