/** Copies a repository as whoever runs this: `node as-anybody.ts <folder> <clone address>`; prints how many commits came. */
import path from "node:path";
import { AddressGuard } from "../address/guard.ts";
import { advertise } from "../git/advertise.ts";
import { GitJail } from "../git/jail.ts";
import { lockMirror } from "../git/mirror-lock.ts";
import { Mirror } from "../git/mirror.ts";
import { standardLimits } from "../verifier-options.ts";

const [, , folder = "", url = ""] = process.argv;
const guard = new AddressGuard([new URL(url).host]);
const shown = await advertise(guard, url, { maxBytes: 1_000_000, maxRefs: 100, timeoutMs: 10_000 });
if (!shown.ok) throw new Error(shown.fault);
const lock = await lockMirror(path.join(folder, "locks", "one.lock"), 5000);
if (!lock) throw new Error("the lock was not given");
const limits = { ...standardLimits, minFreeBytes: 0 };
const copy = new Mirror(path.join(folder, "one.git"), new GitJail(folder), limits, { holding: lock.file });
await copy.prepare();
await copy.fetch(guard, shown.value);
process.stdout.write(`${process.getuid?.()} ${await copy.commitCount()}\n`);
lock.release();
