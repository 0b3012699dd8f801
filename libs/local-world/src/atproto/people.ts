/** What somebody does here; the words of the story. */
export type Part = "backer" | "developer" | "maintainer" | "staff";

export interface Person {
  name: string;
  part: Part;
  /** `<name>.test`, what is typed to sign in. */
  handle: string;
  /** `hunter2-<name>`: known to everybody, because everybody here is made up. */
  password: string;
  email: string;
}

/** A person once the local network knows them. */
export interface Account extends Person {
  did: string;
}

const parts = {
  alice: "backer",
  bob: "backer",
  carla: "backer",
  dave: "developer",
  judy: "developer",
  erin: "maintainer",
  frank: "staff",
  grace: "staff",
  heidi: "staff",
} as const satisfies Record<string, Part>;

export type PersonName = keyof typeof parts;

/** Everybody who has an account in the local world from the start, in the order in which they are introduced. */
export const people: readonly (Person & { name: PersonName })[] = (Object.keys(parts) as PersonName[]).map((name) => ({
  name,
  part: parts[name],
  handle: `${name}.test`,
  password: `hunter2-${name}`,
  email: `${name}@mail.test`,
}));
