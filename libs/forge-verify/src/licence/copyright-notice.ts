/** "Copyright (c) 2024 …", "© 2019-2024 …", "Copyright <year> …": the sign or a year must be there. */
const start =
  /^[\s*#/.>-]*(?:portions\s+|parts\s+)?(?:copyright\s*(?:\(c\)|©|:)?|\(c\)|©)\s*(?:\(c\)|©)?\s*(?:copyright\s+)?(?:by\s+)?/i;
const year = /\b[12]\d{3}\b|<year>|\[yyyy\]|\byyyy\b|\byear\b/i;
const sign = /\(c\)|©/i;
const reserved = /\ball rights reserved\b\.?/gi;

/** Words that a notice has no use for: a line that holds one may change what is allowed. */
const terms =
  /\b(not|no|never|may|must|shall|should|only|except|unless|without|provided|subject|condition\w*|permission\w*|permit\w*|licen[cs]e[ds]?|grant\w*|sell\w*|sale|commercial\w*|us(e|es|ed|er|ers|ing|age)|prohibit\w*|restrict\w*|forbid\w*|require\w*|agree\w*|clause\w*|pay\w*|fees?|royalt\w*|owes?|donat\w*|you|your|anyone|everyone|allow\w*|revok\w*|terminat\w*|giv(e|es|en|ing)|keep\w*|revenue\w*|profit\w*|money|income|cost\w*|appl(y|ies)|expire\w*|until|forever|is|are|be|been|can|cannot|has|have|do|does|get|gets|belong\w*|stay\w*|remain\w*|contact)\b/i;

/** The same in other words and languages: what is forbidden, to whom, and for what use. A stem ends with a tilde. */
const inOtherWords = [
  "non_commercial~ noncommercial~ evaluation production deployment~ internal trial personal academic educational purpose~",
  "confidential~ proprietary unlicensed excluding excluded exclusive~ prohib~ forbidden banned disallow~ denied barred",
  "unauthorized unauthorised illegal~ unlawful~ redistribut~ reproduc~ copying copies modification~ resale resell~ saas",
  "competing competitor~ kommerzi~ gewerblich~ nutzung~ verwendung~ gebrauch~ privatgebrauch verboten~ untersagt~ nicht",
  "kein keine keinerlei ausser ausgenommen vorbehalten erlaubt~ gestattet~ weitergabe verkauf commercial~ commerciaux",
  "interdit~ interdiction~ usage~ utilisation~ sauf uniquement seulement aucun aucune vente comercia~ excepto uso usos",
  "solamente unicamente vietat~ divieto soltanto eccetto proib~ apenas somente exceto verboden niet alleen gebruik~",
  "commercie~ kommersi~ forbjud~ forbudt endast kaupalli~ komerc~ zabronion~ zakaz~ tylko niekomerc~",
].flatMap((line) => line.split(" "));
const alternatives = inOtherWords.map((word) => word.replace("_", " ").replace("~", "\\w*"));
const conditions = new RegExp(`\\b(${alternatives.join("|")})\\b`, "i");
const withoutSpaces =
  /商用|商業|商业|禁止|限定|のみ|仅|僅|不得|非営利|запрещ|коммерч|использован|только|кроме|금지|상업/i;

/** Letters of two scripts in one word: it reads as something that it is not. */
const twoScripts =
  /\p{Script=Latin}[\p{Script=Cyrillic}\p{Script=Greek}]|[\p{Script=Cyrillic}\p{Script=Greek}]\p{Script=Latin}/u;

/** Whether what follows a copyright sign has words in it that the name of a holder has no use for. */
function readsLikeATerm(words: string): boolean {
  // Without accents, invisible characters and wide letters; words may also be joined by signs or parted by capitals alone.
  const plain = words
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .replace(/[_-]+/g, " ");
  const parted = plain.replace(/(\p{Ll})(?=\p{Lu})/gu, "$1 ");
  const found = terms.test(words) || terms.test(plain) || conditions.test(plain) || conditions.test(parted);
  return found || withoutSpaces.test(words.normalize("NFKC")) || twoScripts.test(words);
}

/** A sentence that ends and another that begins; abbreviations and initials do not end one. */
const secondSentence = /(?<!\b(?:inc|ltd|corp|co|llc|st|dr|jr|sr|al|\p{L}))[.;:!?]\s+\S|\s[-–—]+\s/iu;

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
  // "(c)" alone also begins the third item of a list.
  const dated = year.test(line) || (sign.test(line) && !/^[\s*#/.>-]*\(c\)/i.test(line));
  if (!start.test(line) || !dated) return false;
  const named = plain
    .replace(start, "")
    .replace(/<[^<>]{0,80}>|\([^()]{0,80}\)|\[[^[\]]{0,80}\]/g, (inside) => (readsLikeATerm(inside) ? inside : " "))
    .replace(/\d{4}\s*[-–—]\s*(\d{2,4}|present|now)\b/gi, " ")
    .replace(/https?:\/\/\S+|\S+@\S+/g, " ");
  if (readsLikeATerm(named) || secondSentence.test(named.trim())) return false;
  const words = named.match(/[\p{L}][\p{L}'’.-]*/gu) ?? [];
  const unknown = words.filter((word) => /^\p{Ll}/u.test(word) && !small.has(word.replace(/\.$/, "").toLowerCase()));
  return words.length <= 12 && unknown.length <= 3;
}
