import path from "node:path";
import { cut } from "../well-formed.ts";

/** Whether a file of this name declares a licence for what it describes. */
export function isManifest(name: string): boolean {
  return ["package.json", "composer.json", "Cargo.toml", "pyproject.toml"].includes(name);
}

/** The licence that a manifest declares, as an SPDX expression or in its own words; undefined when it says nothing. */
export function declaredIn(name: string, text: string): string | undefined {
  if (name === "pyproject.toml") return fromPyproject(text);
  return name === "Cargo.toml" ? fromCargo(text) : fromJson(text);
}

function fromJson(text: string): string | undefined {
  let manifest: { license?: unknown; licenses?: unknown } | null;
  try {
    manifest = JSON.parse(text) as typeof manifest;
  } catch {
    return undefined;
  }
  if (typeof manifest !== "object" || manifest === null) return undefined;
  const named = (one: unknown): string | undefined =>
    typeof one === "string" ? one : ((one as { type?: unknown } | null)?.type as string | undefined);
  // npm's old list, and Composer's, mean a choice.
  const several = [manifest.license, manifest.licenses].find(Array.isArray) as unknown[] | undefined;
  const said = several ? several.map(named).join(" OR ") : named(manifest.license);
  return typeof said === "string" && said !== "" ? said : undefined;
}

/** The file that a declaration points to instead of saying anything ("SEE LICENSE IN x"), as a path from the root. */
export function pointedTo(declaredAt: string, expression: string): string | null {
  const said = /^see licen[cs]e in\s+(.+)$/i.exec(expression.trim())?.[1];
  const file = said?.replace(/^["'<]|["'>]$/g, "").trim();
  return file ? path.posix.join(path.posix.dirname(declaredAt), file) : null;
}

function fromCargo(text: string): string | undefined {
  const file = /^\s*license-file\s*=\s*["']([^"'\n]+)["']/m.exec(text)?.[1];
  const said = /^\s*license\s*=\s*["']([^"'\n]+)["']/m.exec(text)?.[1];
  // Cargo once wrote "MIT/Apache-2.0" for a choice.
  return said?.replaceAll("/", " OR ") ?? (file && `SEE LICENSE IN ${file}`);
}

function fromPyproject(text: string): string | undefined {
  const said = /^\s*license\s*=\s*(?:\{\s*text\s*=\s*)?["']([^"'\n]+)["']/m.exec(text)?.[1];
  if (said !== undefined) return said;
  const file = /^\s*license\s*=\s*\{\s*file\s*=\s*["']([^"'\n]+)["']/m.exec(text)?.[1];
  if (file !== undefined) return `SEE LICENSE IN ${file}`;
  return /["'](License :: Other\/Proprietary License)["']/.exec(text)?.[1];
}

/** What the SPDX headers at the beginning of a file declare, each once. */
export function headersIn(start: string): string[] {
  const found = new Set<string>();
  // The last line may be cut off.
  for (const line of start.split("\n").slice(0, 60)) {
    const said = /SPDX-License-Identifier:\s*([^\r\n]+)/.exec(line)?.[1];
    const whole = said
      ?.replace(/\s*(\*\/|-->|--%>|\*\)|#\}|"""|['"`]|\}\}).*$/, "")
      .replace(/[\s;,]+$/, "")
      .trim();
    // What is cut off could have been a condition: with the mark it is no expression.
    const expression = whole && whole.length > 300 ? `${cut(whole, 300)}…` : whole;
    if (expression) found.add(expression);
  }
  return [...found];
}
