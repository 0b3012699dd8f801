/** `npm run check`: everything that can be said about the source without running it. Each step is printed with its seconds. */
import { moneyHygiene } from "./money-hygiene.ts";
import { generateClient } from "./prisma.ts";
import { type Ran, requireNode24, run } from "./run.ts";

type Step = [name: string, act: () => Promise<Ran>];

const steps: Step[] = [
  ["generate", async () => generate()],
  ["format", () => run(["oxfmt", "--check", "."])],
  ["lint", lint],
  ["boundaries", () => run(["depcruise", "--config", ".dependency-cruiser.mjs", "apps", "libs"])],
  ["types", types],
  ["money", async () => hygiene()],
  ["unused", () => run(["knip", "--no-progress"])],
];

function generate(): Ran {
  try {
    generateClient();
    return { code: 0, output: "" };
  } catch (error) {
    return { code: 1, output: String(error) };
  }
}

/** Without Nx's graph the boundary rule says nothing and passes: the graph is made first, and its absence is a failure. */
async function lint(): Promise<Ran> {
  const graph = await run(["nx", "show", "projects"]);
  if (graph.code !== 0) return graph;
  const linted = await run(["oxlint", "--deny-warnings"]);
  return linted.output.includes("rule will be skipped") ? { ...linted, code: 1 } : linted;
}

async function types(): Promise<Ran> {
  const projects = await run(["nx", "run-many", "-t", "typecheck", "--outputStyle=static"]);
  const tools = await run(["tsc", "-p", "tools"]);
  const bench = await run(["tsc", "-p", "bench"]);
  return {
    code: projects.code || tools.code || bench.code,
    output: `${projects.code ? projects.output : ""}${tools.output}${bench.output}`,
  };
}

/** No float, no number that is an amount. */
function hygiene(): Ran {
  const found = moneyHygiene();
  return { code: found.length > 0 ? 1 : 0, output: found.join("\n") };
}

requireNode24();
let failed = 0;
for (const [name, act] of steps) {
  const began = performance.now();
  const { code, output } = await act();
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5);
  console.log(`${code === 0 ? "ok    " : "FAILED"}  ${seconds} s  ${name}`);
  if (code === 0) continue;
  failed++;
  console.log(output.trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;
