/**
 * `npm run bench -- <what>`: measures on a server of its own, prints what it finds, and proves the books afterwards.
 *
 *   ledger       postings a second: the vault's own call beside raw `pg` and pgbench, all calling the same SQL function
 *   settlement   time per pledge and memory for settlements of 100, 1,000 and 10,000 pledges
 *   verify       memory and time for a large repository beside `git clone --mirror`, and what rechecks cost in requests
 *
 * Options: --rounds 5 --seconds 3 --clients 16 (ledger), --sizes 100,1000,10000 (settlement), --commits 100000 --pack 200 --repositories 1000 (verify).
 */
import { parseArgs } from "node:util";
import { benchLedger } from "./ledger.ts";
import { benchSettlement } from "./settlement.ts";
import { benchVerify } from "./verify.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    clients: { type: "string", default: "16" },
    commits: { type: "string", default: "100000" },
    pack: { type: "string", default: "200" },
    repositories: { type: "string", default: "1000" },
    sizes: { type: "string", default: "100,1000,10000" },
  },
});
const whole = (name: "rounds" | "seconds" | "clients" | "commits" | "pack" | "repositories"): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1 on`);
  return value;
};

switch (positionals[0]) {
  case "ledger":
    await benchLedger({ rounds: whole("rounds"), seconds: whole("seconds"), clients: whole("clients") });
    break;
  case "settlement":
    await benchSettlement(values.sizes.split(",").map(Number));
    break;
  case "verify":
    await benchVerify({ commits: whole("commits"), packMb: whole("pack"), repositories: whole("repositories") });
    break;
  default:
    process.stderr.write("npm run bench -- ledger | settlement | verify\n");
    process.exitCode = 2;
}
