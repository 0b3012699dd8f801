/**
 * Set up before every test file of a run of tools/mutate-checks.ts: the check named in FREEHOLD_WITHOUT_CHECK finds
 * everything good, whatever it sees.
 */
import { checksInOrder } from "../checks/index.ts";
import { ok } from "../checks/outcome.ts";

const name = process.env["FREEHOLD_WITHOUT_CHECK"];
const check = checksInOrder.find((one) => one.name === name);
if (!check) throw new Error(`there is no check called ${name}`);
Object.assign(check, { judge: () => ok("Nobody looked.") });
