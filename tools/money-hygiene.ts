/**
 * Amounts are bigint minor units, everywhere: this looks for every other way to handle them in what we wrote.
 *
 *   node tools/money-hygiene.ts    prints what it finds, and ends with 1 when there is something
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { allowed, type Allowed, type Form } from "./money-hygiene.allowed.ts";
import { root } from "./run.ts";

export interface Finding {
  file: string;
  line: number;
  form: Form;
  /** The source of it, on one line. */
  text: string;
}

/** Where amounts are handled. The simulator, tests and the conformance suite speak Stripe's numbers. */
const sources = [
  "libs/{values,escrow,journey,contract,database}/src/**/*.ts",
  "apps/{api,worker}/src/**/*.ts",
  "apps/web/app/**/*.{ts,tsx}",
];
const schemas = ["prisma/schema.prisma", "prisma/migrations/*/migration.sql"];
const leftOut = /(\.test\.tsx?$|\/testing\/|\/conformance\/|\/generated\/|\/build\/|\/\.react-router\/)/;

/** Words of a name that make it a sum of money. */
const moneyWords = new Set(
  "amount amounts minor fee fees total totals sum sums price prices cost costs balance balances money pledged raised paid owed held refunded captured received gross net dollars cents usd".split(
    " ",
  ),
);
/** Words that make it something else after all: a number of things, a share, a moment, a place. */
const otherWords = new Set(
  "count counts basis points percent share at ms s id ids index length width height days hours seconds pages page limit rows people backers version before".split(
    " ",
  ),
);

const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);

/** Whether a name is that of a sum of money. */
export function namesMoney(name: string): boolean {
  const words = wordsOf(name);
  return words.some((word) => moneyWords.has(word)) && !words.some((word) => otherWords.has(word));
}

/** Whether a sum of money takes part in an expression; what is behind `.length` and the like is a number of things. */
function handlesMoney(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return namesMoney(node.name.text);
  if (ts.isIdentifier(node)) return namesMoney(node.text);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression))
    return namesMoney(node.argumentExpression.text);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return handlesMoney(node.expression.expression) || node.arguments.some(handlesMoney);
  return ts.forEachChild(node, (child) => handlesMoney(child) || undefined) ?? false;
}

/** What is forbidden in one TypeScript source. */
export function scanSource(file: string, text: string): Finding[] {
  const kind = file.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
  const findings: Finding[] = [];
  const found = (form: Form, node: ts.Node) => {
    const whole = node.getText(source);
    // A statement in SQL may be long: only the line that matters is shown.
    const from = form === "float in SQL" ? whole.lastIndexOf("\n", whole.search(floatsInSql)) + 1 : 0;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source) + from);
    const shown = (from > 0 ? whole.slice(from).split("\n")[0]! : whole).replaceAll(/\s+/g, " ").trim();
    findings.push({ file, line: line + 1, form, text: shown });
  };
  const visit = (node: ts.Node): void => {
    const form = formOf(node);
    if (form !== null) found(form, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

function formOf(node: ts.Node): Form | null {
  if (ts.isCallExpression(node)) return formOfCall(node);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.PlusToken)
    return handlesMoney(node.operand) ? "unary plus" : null;
  if (ts.isBinaryExpression(node)) return isDecimalArithmetic(node) ? "decimal literal" : null;
  if (ts.isPropertyAssignment(node)) return isNumberSchema(node) ? "number schema" : null;
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node))
    return floatsInSql.test(node.text) ? "float in SQL" : null;
  if (ts.isFunctionLike(node) && node.type !== undefined && node.name !== undefined)
    return namesMoney(node.name.getText()) && isNumber(node.type) ? "number type" : null;
  if (ts.isVariableDeclaration(node) && node.initializer !== undefined && ts.isArrowFunction(node.initializer)) {
    const { type } = node.initializer;
    return type !== undefined && namesMoney(node.name.getText()) && isNumber(type) ? "number type" : null;
  }
  const declared =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  if (!declared || node.type === undefined) return null;
  return namesMoney(node.name.getText()) && isNumber(node.type) ? "number type" : null;
}

/** `parseFloat` and `toFixed` have no place beside money at all; the others only when they are given a sum. */
function formOfCall(call: ts.CallExpression): Form | null {
  const called = call.expression;
  const name = ts.isPropertyAccessExpression(called) ? called.name.text : ts.isIdentifier(called) ? called.text : "";
  if (name === "parseFloat") return "parseFloat";
  if (name === "toFixed" || name === "toPrecision") return "toFixed";
  const given = call.arguments.some(handlesMoney);
  if (name === "Number" || name === "parseInt") return given ? "Number" : null;
  if (name === "map" && call.arguments.some((one) => ts.isIdentifier(one) && one.text === "Number"))
    return ts.isPropertyAccessExpression(called) && handlesMoney(called.expression) ? "Number" : null;
  const ofMath =
    ts.isPropertyAccessExpression(called) && ts.isIdentifier(called.expression) && called.expression.text === "Math";
  return ofMath && given ? "Math" : null;
}

const arithmetic = new Set([
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.MinusToken,
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.AsteriskEqualsToken,
  ts.SyntaxKind.SlashEqualsToken,
]);

/** A sum together with a number that is not a bigint: `fee * 0.05`, `amount / 100`. */
function isDecimalArithmetic({ left, operatorToken, right }: ts.BinaryExpression): boolean {
  if (!arithmetic.has(operatorToken.kind)) return false;
  const number = (node: ts.Node) => ts.isNumericLiteral(node);
  return (number(left) && handlesMoney(right)) || (number(right) && handlesMoney(left));
}

function isNumberSchema(node: ts.PropertyAssignment): boolean {
  return (
    namesMoney(node.name.getText()) &&
    /\bz\.(coerce\.)?(number|int|int32|float32|float64)\(/.test(node.initializer.getText())
  );
}

function isNumber(type: ts.TypeNode): boolean {
  if (type.kind === ts.SyntaxKind.NumberKeyword) return true;
  if (ts.isUnionTypeNode(type)) return type.types.some(isNumber);
  if (ts.isArrayTypeNode(type)) return isNumber(type.elementType);
  if (ts.isTypeOperatorNode(type) || ts.isParenthesizedTypeNode(type)) return isNumber(type.type);
  return ts.isTypeReferenceNode(type) && (type.typeArguments ?? []).some(isNumber);
}

const floatsInSql = /::\s*(real|float\d*|double precision|numeric|decimal|money)\b|\bto_number\s*\(/i;

/** What is forbidden in the Prisma schema or in a migration: any type that is not exact in minor units. */
export function scanSchema(file: string, text: string): Finding[] {
  const [comment, forbidden] = file.endsWith(".prisma")
    ? [/\/\/.*$/, /\b(Float|Decimal)\b/]
    : [/--.*$/, /\b(real|float\d*|double\s+precision|numeric|decimal|money)\b/i];
  return text.split("\n").flatMap((given, i) => {
    const line = given.replace(comment, "");
    return forbidden.test(line) ? [{ file, line: i + 1, form: "float in SQL" as const, text: line.trim() }] : [];
  });
}

/** Everything that is forbidden in the tree and not allowed for a reason, and every permission that nothing needs any more. */
export function moneyHygiene(folder: string = root, permissions: readonly Allowed[] = allowed): string[] {
  const files = (patterns: string[]) =>
    globSync(patterns, { cwd: folder, exclude: (name) => /node_modules|\.nx/.test(String(name)) })
      .map((file) => file.split(path.sep).join("/"))
      .filter((file) => !leftOut.test(file) && existsSync(path.join(folder, file)))
      .toSorted();
  const read = (file: string) => readFileSync(path.join(folder, file), "utf8");
  const scanned = files(sources);
  if (scanned.length === 0) return ["there is nothing to look at: the folders of the sources have moved"];
  const findings = [
    ...scanned.flatMap((file) => scanSource(file, read(file))),
    ...files(schemas).flatMap((file) => scanSchema(file, read(file))),
  ];
  const used = new Set<Allowed>();
  const rest = findings.filter((finding) => {
    const permission = permissions.find(
      ({ file, form, holds }) => file === finding.file && form === finding.form && finding.text.includes(holds),
    );
    if (permission !== undefined) used.add(permission);
    return permission === undefined;
  });
  return [
    ...rest.map(({ file, line, form, text }) => `${file}:${line}  ${form}: ${text.slice(0, 120)}`),
    ...permissions
      .filter((permission) => !used.has(permission))
      .map(
        ({ file, form, holds }) =>
          `${file}  is allowed to use ${form} in "${holds}", and does not: remove the permission`,
      ),
  ];
}

if (import.meta.main) {
  const findings = moneyHygiene();
  for (const finding of findings) console.log(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
