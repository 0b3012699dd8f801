/**
 * `npm run bench -- <what>`: measures on a server of its own, prints what it finds, and proves the books afterwards.
 *
 *   ledger       postings a second: the vault's own call beside raw `pg` and pgbench, all calling the same SQL function
 *   settlement   time per pledge and memory for settlements of 100, 1,000 and 10,000 pledges
 *
 * Options: --rounds 5 --seconds 3 --clients 16 (ledger), --sizes 100,1000,10000 (settlement).
 */
import { parseArgs } from "node:util";
import { benchLedger } from "./ledger.ts";
import { benchSettlement } from "./settlement.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    clients: { type: "string", default: "16" },
    sizes: { type: "string", default: "100,1000,10000" },
  },
});
const whole = (name: "rounds" | "seconds" | "clients"): number => {
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
  default:
    process.stderr.write("npm run bench -- ledger | settlement\n");
    process.exitCode = 2;
}
