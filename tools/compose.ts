import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { root } from "./run.ts";

export interface ComposeService {
  command?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  image?: string;
}

/** The services of docker-compose.yml as they are written, anchors resolved and variables not yet filled in. */
export function readServices(): Record<string, ComposeService> {
  const text = readFileSync(path.join(root, "docker-compose.yml"), "utf8");
  return (parse(text, { merge: true }) as { services: Record<string, ComposeService> }).services;
}

/** Fills in `${NAME:?message}` and `${NAME:-default}` as Compose does. Refuses when a required variable is missing. */
export function fillIn(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_all, name: string, kind?: string, rest?: string) => {
    const value = variables[name];
    if (value) return value;
    if (kind === "-") return rest ?? "";
    throw new Error(`${name} is missing: ${rest ?? ""}`);
  });
}
