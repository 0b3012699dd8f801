import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The full text of a licence as SPDX lists it, with the copyright line filled in. Throws for an id that is not on the list. */
export function licenceText(spdxId: string, holder: string, year = 2024): string {
  if (!/^[A-Za-z0-9.+-]+$/.test(spdxId)) throw new Error(`${spdxId} is not an SPDX licence id`);
  const entry = require(`spdx-license-list/licenses/${spdxId}.json`) as { licenseText: string };
  return entry.licenseText
    .replace(/<year>|\[yyyy\]|YEAR/g, String(year))
    .replace(/<copyright holders?>|<owner>|\[name of copyright owner\]|AUTHOR EMAIL/g, holder)
    .concat("\n");
}

/** The SPDX id a forge would guess from the first lines of a licence file: a hint, as GitHub's own `license` field is. */
export function guessLicence(text: string | null): string | null {
  if (!text) return null;
  const start = text.slice(0, 400).toLowerCase();
  const known: [string, string][] = [
    ["gnu affero general public license", "AGPL-3.0"],
    ["gnu lesser general public license", "LGPL-3.0"],
    ["gnu general public license", "GPL-3.0"],
    ["apache license", "Apache-2.0"],
    ["mozilla public license", "MPL-2.0"],
    ["permission is hereby granted, free of charge", "MIT"],
    ["mit license", "MIT"],
    ["isc license", "ISC"],
  ];
  return known.find(([words]) => start.includes(words))?.[1] ?? "NOASSERTION";
}
