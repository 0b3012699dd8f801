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

function fromCargo(text: string): string | undefined {
  // Cargo once wrote "MIT/Apache-2.0" for a choice.
  return /^\s*license\s*=\s*["']([^"'\n]+)["']/m.exec(text)?.[1]?.replaceAll("/", " OR ");
}

function fromPyproject(text: string): string | undefined {
  const said = /^\s*license\s*=\s*(?:\{\s*text\s*=\s*)?["']([^"'\n]+)["']/m.exec(text)?.[1];
  if (said !== undefined) return said;
  return /["'](License :: Other\/Proprietary License)["']/.exec(text)?.[1];
}

/** What the SPDX headers at the beginning of a file declare, each once. */
export function headersIn(start: string): string[] {
  const found = new Set<string>();
  // The last line may be cut off.
  for (const line of start.split("\n").slice(0, 60)) {
    const said = /SPDX-License-Identifier:\s*([^\r\n]{1,300})/.exec(line)?.[1];
    const expression = said?.replace(/\s*(\*\/|-->|--%>|\*\)|#\}|"""|['"`;,]|\}\}).*$/, "").trim();
    if (expression) found.add(expression);
  }
  return [...found];
}
