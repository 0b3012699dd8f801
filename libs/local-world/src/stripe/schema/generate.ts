import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Walker, type Schema } from "./walker.ts";

export interface SchemaSet {
  definitions: Record<string, Schema>;
  /** Schema of each asked-for type, by its name in the SDK. */
  roots: Record<string, Schema>;
}

/** The objects the simulator writes out, by their `object` property; other expandable properties are ids only. */
const WRITTEN: ReadonlySet<string> = new Set([
  "checkout.session",
  "payment_intent",
  "charge",
  "refund",
  "transfer",
  "transfer_reversal",
  "balance_transaction",
  "dispute",
  "payout",
  "topup",
  "radar.early_fraud_warning",
  "price",
  "item",
  "event",
  "v2.core.account",
  "v2.core.account_link",
  "v2.core.event",
]);

const HERE = dirname(fileURLToPath(import.meta.url));
const BUILD = join(HERE, "../../../build");

/**
 * The schemas of `types` (names below `Stripe.`), read from the cache or made from the installed package in a few
 * seconds. The cache is keyed by package version, wanted types and the walker's own text.
 */
export async function schemasOf(types: readonly string[]): Promise<SchemaSet> {
  const entry = createRequire(import.meta.url).resolve("stripe");
  const home = join(dirname(entry), "..");
  const version = (JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { version: string }).version;
  const texts = ["walker.ts", "generate.ts"].map((file) => readFileSync(join(HERE, file), "utf8"));
  const mark = createHash("sha256")
    .update(JSON.stringify([types, texts]))
    .digest("hex")
    .slice(0, 12);
  const file = join(BUILD, `stripe-schemas-${version}-${mark}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as SchemaSet;
  const made = await make(types, join(home, "esm"));
  mkdirSync(BUILD, { recursive: true });
  // Several test processes may make the same file at once; each one's rename is whole.
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(made));
  renameSync(fresh, file);
  return made;
}

async function make(types: readonly string[], esm: string): Promise<SchemaSet> {
  const { default: ts } = await import("typescript");
  const rootFile = join(HERE, "asked-for.ts");
  const text = [
    `import type { Stripe } from ${JSON.stringify(join(esm, "stripe.core.js"))};`,
    ...types.map((type, i) => `export type Asked${i} = Stripe.${type};`),
  ].join("\n");
  const options: import("typescript").CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => name === rootFile || exists(name);
  host.getSourceFile = (name, ...rest) =>
    name === rootFile ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true) : readSource(name, ...rest);
  const program = ts.createProgram([rootFile], options, host);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(rootFile)!;
  const walker = new Walker(checker, WRITTEN);
  const roots: Record<string, Schema> = {};
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
    const name = types[Number(exported.name.slice("Asked".length))]!;
    const type = checker.getDeclaredTypeOfSymbol(exported);
    if (type.flags & ts.TypeFlags.Any) throw new Error(`The stripe package has no type Stripe.${name}.`);
    roots[name] = walker.schemaOf(type);
  }
  return { definitions: walker.definitions, roots };
}
