/** Where everything is in the world of this run. */
export interface Addresses {
  web: string;
  pds: string;
  stripe: string;
  github: string;
  knot: string;
  /** Where developers show what they built. */
  preview: string;
  /** Asked, it proves the books and answers with what does not agree. */
  books: string;
  dataDir: string;
}

const VARIABLE = "FREEHOLD_E2E_WORLD";

export const announced = (): boolean => process.env[VARIABLE] !== undefined;

export function announce(addresses: Addresses): void {
  process.env[VARIABLE] = JSON.stringify(addresses);
}

/** What the global set-up announced; every test process inherits it. */
export function addresses(): Addresses {
  const said = process.env[VARIABLE];
  if (said === undefined) throw new Error("There is no world: run this through Playwright (e2e/playwright.config.ts).");
  return JSON.parse(said) as Addresses;
}
