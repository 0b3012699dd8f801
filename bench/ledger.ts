import { byPgbench, type Contender, rawPg, type Situation, vault, vaultInTransaction } from "./contenders.ts";
import { findPgbench } from "./pgbench.ts";
import { type BenchServer, ledgerFindings, openServer } from "./server.ts";
import { machine, median, say } from "./tell.ts";

const situations: Situation[] = [
  { name: "spread over 1,000 holdings", holdings: 1000 },
  { name: "all on one holding", holdings: 1 },
];

/** What the vault is to reach of each of the others. */
const aims: [name: string, atLeast: number][] = [
  ["raw pg", 0.9],
  ["pgbench", 0.6],
];

/**
 * Postings a second through the vault's own call, raw `pg` and pgbench, all calling `ledger_post` on one server: medians of so many
 * rounds, in each of which everyone has a turn, in another order each time. The ledger is proved after every single run.
 */
export async function benchLedger(given: { rounds: number; seconds: number; clients: number }): Promise<void> {
  const pgbench = await findPgbench();
  try {
    await using server = await openServer();
    say(`${machine()}; ${server.description}`);
    say(
      pgbench === null
        ? "pgbench: not to be had here; its lines are missing"
        : `${pgbench.version}, ${pgbench.program}`,
    );
    say(`${given.clients} clients, medians of ${given.rounds} rounds of ${given.seconds} s, three entries a posting\n`);
    const contenders = new Map<string, Contender>([
      ["vault", vault],
      ["raw pg", rawPg],
      ...(pgbench === null ? [] : [["pgbench", byPgbench(pgbench)] as const]),
      ["vault, in a domain transaction", vaultInTransaction],
    ]);
    for (const situation of situations) tell(situation, await compete(server, contenders, situation, given));
    const [rows] = await server.asOwner<{ transactions: string }>(
      "SELECT count(*)::text AS transactions FROM ledger_transaction",
    );
    say(
      `After each run: all entries sum to zero, and each balance equals its entries (${rows!.transactions} transactions).`,
    );
  } finally {
    pgbench?.remove();
  }
}

async function compete(
  server: BenchServer,
  contenders: ReadonlyMap<string, Contender>,
  situation: Situation,
  given: { rounds: number; seconds: number; clients: number },
): Promise<Map<string, number[]>> {
  const names = [...contenders.keys()];
  const rates = new Map<string, number[]>(names.map((name) => [name, []]));
  // One short turn each that does not count: accounts are made, code is compiled.
  await server.settle();
  for (const round of [-1, ...Array.from({ length: given.rounds }).keys()]) {
    const turn = names.map((_, i) => names[(i + round + names.length) % names.length]!);
    for (const name of turn) {
      const seconds = round < 0 ? 1 : given.seconds;
      const rate = await contenders.get(name)!({ url: server.appUrl, clients: given.clients, seconds, situation });
      const findings = await ledgerFindings(server);
      if (findings.length > 0) throw new Error(`the ledger is broken after ${name}: ${findings.join("; ")}`);
      if (round >= 0) rates.get(name)!.push(rate);
    }
  }
  return rates;
}

function tell(situation: Situation, rates: ReadonlyMap<string, number[]>): void {
  say(`${situation.name}`);
  for (const [name, all] of rates) {
    const range = `${Math.min(...all).toFixed(0)} … ${Math.max(...all).toFixed(0)}`;
    say(`  ${name.padEnd(32)} ${median(all).toFixed(0).padStart(7)}/s   (${range})`);
  }
  const own = rates.get("vault")!;
  for (const [name, aim] of aims) {
    const other = rates.get(name);
    if (other === undefined) continue;
    // Of the same round: what else the machine does meanwhile weighs on both.
    const ratio = median(own.map((rate, round) => rate / other[round]!));
    const held = ratio >= aim ? "reached" : "MISSED";
    say(`  vault / ${name.padEnd(24)} ${ratio.toFixed(3).padStart(7)}     aim ≥ ${aim}: ${held}`);
  }
  say("");
}
