import { execFileSync, spawnSync } from "node:child_process";

/** The user a server is run as: PostgreSQL refuses to run as root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** An unprivileged account when we are root; undefined when we are somebody already. Nothing on the machine is changed. */
export function accountForServer(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const uid = Number(execFileSync("id", ["-u", name], { stdio: ["ignore", "pipe", "ignore"] }));
      const gid = Number(execFileSync("id", ["-g", name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { name, uid, gid };
    } catch {
      continue;
    }
  }
  throw new Error("PostgreSQL does not run as root, and neither the user postgres nor nobody exists here.");
}

/** Whether the account can walk into the folder (a home folder of mode 700 stops it). */
export function canReach(account: Account | undefined, folder: string): boolean {
  if (account === undefined) return true;
  return spawnSync("test", ["-x", folder], { uid: account.uid, gid: account.gid, cwd: "/" }).status === 0;
}
