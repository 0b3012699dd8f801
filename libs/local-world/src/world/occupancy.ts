import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Who runs the local world of a data folder at this moment. */
export interface Occupant {
  pid: number;
  /** When that process began, as the system counts; a later process with the same number is somebody else. */
  began: string;
  /** Empty until everything is up. */
  url: string;
  /** The parts that are the real thing, such as `stripe`. */
  real: string[];
}

/** Its name within the data folder. */
export const occupantFile = "occupant.json";

const fileIn = (dataDir: string) => path.join(dataDir, occupantFile);

/** The process that runs this world now, if any. */
export function findOccupant(dataDir: string): Occupant | undefined {
  let occupant: Occupant;
  try {
    occupant = JSON.parse(readFileSync(fileIn(dataDir), "utf8")) as Occupant;
  } catch {
    return undefined;
  }
  return isAlive(occupant.pid) && began(occupant.pid) === occupant.began ? occupant : undefined;
}

/** Marks the folder as ours. Refused while another process runs a world on it. */
export function occupy(dataDir: string, real: string[]): { announce(url: string): void; leave(): void } {
  const other = findOccupant(dataDir);
  if (other !== undefined && other.pid !== process.pid) {
    const where = other.url === "" ? "is just starting" : `runs already: ${other.url}`;
    throw new Error(`Freehold ${where} (process ${other.pid}, data in ${dataDir}).`);
  }
  const write = (url: string) => {
    const occupant: Occupant = { pid: process.pid, began: began(process.pid), url, real };
    writeFileSync(fileIn(dataDir), JSON.stringify(occupant));
  };
  write("");
  return { announce: write, leave: () => rmSync(fileIn(dataDir), { force: true }) };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function began(pid: number): string {
  try {
    // Field 22 of the line; the second field, the name, may itself contain spaces and brackets.
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
