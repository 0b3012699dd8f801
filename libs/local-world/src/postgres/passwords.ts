import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** The three roles of the local server; the same two of them exist wherever Freehold runs. */
export const roles = {
  /** Makes roles and databases; nothing of Freehold runs as this one. */
  superuser: "freehold_superuser",
  /** Owns the databases and migrates them. */
  owner: "freehold_owner",
  /** What api and worker run as: holds the rights that the migrations grant, and owns nothing. */
  app: "freehold_app",
} as const;

export type Role = keyof typeof roles;
export type Passwords = Record<Role, string>;

/** The passwords of this data folder, made once and kept in a file that only its owner can read. */
export function keepPasswords(file: string): Passwords {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Passwords;
  const random = () => randomBytes(18).toString("base64url");
  const passwords: Passwords = { superuser: random(), owner: random(), app: random() };
  writeFileSync(`${file}.draft`, JSON.stringify(passwords), { mode: 0o600 });
  renameSync(`${file}.draft`, file);
  return passwords;
}
