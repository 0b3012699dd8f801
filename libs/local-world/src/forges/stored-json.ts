import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Read a forge's memory, or start with `empty` when this is its first day. */
export function readStored<T>(file: string, empty: T): T {
  try {
    return { ...empty, ...(JSON.parse(readFileSync(file, "utf8")) as T) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return empty;
    throw error;
  }
}

/** Written beside and renamed over, so that a killed process leaves either the old memory or the new one. */
export function writeStored(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, JSON.stringify(value, null, 1));
  renameSync(beside, file);
}
