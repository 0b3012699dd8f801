const licenceName = /^(un)?licen[cs]e([-._].*)?$|^copying([-._].*)?$|^copyright\.(md|txt)$/i;
const primaryName = /^((un)?licen[cs]e|copying)(\.(md|markdown|txt|text|rst|adoc))?$/i;
const thirdParty = /3rd[-_. ]?part|third[-_. ]?part|vendor|dependenc/i;

/** Programs and what configures them; the same names without these ends are texts. */
const codeOrSettings =
  /\.(jsonc?|json5|[cm]?[jt]sx?|ya?ml|toml|lock|ini|cfg|conf|properties|xml|xsl|xsd|gradle|kts?|java|scala|groovy|py[iw]?|ipynb|rb|erb|php|go|rs|c|cc|cpp|cxx|h|hh|hpp|m|mm|cs|fs|vb|swift|dart|lua|pl|pm|r|jl|hs|ml|ex|exs|erl|clj|el|sh|bash|zsh|fish|ps1|bat|cmd|sql|proto|graphql|css|s[ac]ss|less|vue|svelte|astro|mdx|snap|map|tmpl|tpl|hbs|ejs|mustache|j2|svg|png|jpe?g|gif|webp|ico|csv|tsv)$/i;
/** Texts, pictures, fonts, data and settings. */
const notCode =
  /\.(md|markdown|rst|adoc|txt|text|pdf|png|jpe?g|gif|webp|avif|ico|svg|ttf|otf|woff2?|eot|mp[34]|ogg|wav|webm|csv|tsv|jsonc?|json5|ya?ml|toml|lock|ini|cfg|conf|properties|xml|pot?)$|(^|\/)(\.[^/.]*|readme|notice|authors|contributors|changelog|codeowners)$/i;

const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Whether a file of this name is a licence by custom. A checker's settings or a program about licences is none. */
export function isLicenceName(name: string): boolean {
  return licenceName.test(name) && !codeOrSettings.test(name);
}

/** Whether a file in a folder of licences may be one. */
export const mayBeLicenceText = (path: string): boolean => !codeOrSettings.test(path);

/** A folder that holds licence texts by the custom of REUSE. */
export const isLicencesFolder = (name: string): boolean => /^licen[cs]es$/i.test(name);

/** The file that gives the licence of the whole (LICENSE, COPYING.md); LICENSE-docs stands beside such a one. */
export const isPrimary = (path: string): boolean => primaryName.test(nameOf(path));

/** By its name, a list of what others wrote. */
export const isOfThirdParties = (path: string): boolean => thirdParty.test(nameOf(path));

/** Whether a path names program text; a licence beside it (REUSE: x.js.license) counts as what it describes. */
export function isSource(path: string): boolean {
  const of = path.replace(/(?<=.)\.license$/i, "");
  return !notCode.test(of) && !isLicenceName(nameOf(of));
}
