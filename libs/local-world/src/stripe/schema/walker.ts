import ts from "typescript";

export type Schema = Record<string, unknown>;

/**
 * Turns types of the installed `stripe` package into JSON Schemas: nothing may be there that the type does not name,
 * what is not optional must be, open enums (`OtherString`) are any text, `Decimal` is text on the wire, and an
 * expandable property is its id or the object, the latter only for objects the simulator knows (`written`).
 */
export class Walker {
  readonly definitions: Record<string, Schema> = {};
  #checker: ts.TypeChecker;
  #names = new Map<ts.Type, string>();
  #written: ReadonlySet<string>;

  constructor(checker: ts.TypeChecker, written: ReadonlySet<string>) {
    this.#checker = checker;
    this.#written = written;
  }

  schemaOf(type: ts.Type): Schema {
    if (type.aliasSymbol?.name === "OtherString") return { type: "string" };
    if (type.aliasSymbol?.name === "Decimal") return { type: "string", pattern: "^-?\\d+(\\.\\d+)?$" };
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.flags & ts.TypeFlags.Never) return { not: {} };
    if (type.flags & ts.TypeFlags.Null) return { type: "null" };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === "true" };
    if (type.flags & ts.TypeFlags.StringLike) return { type: "string" };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: "number" };
    if (type.flags & ts.TypeFlags.BooleanLike) return { type: "boolean" };
    if (type.isUnion()) return this.#union(type);
    if (type.isIntersection() && type.types.some((t) => t.flags & ts.TypeFlags.String)) return { type: "string" };
    if (this.#checker.isArrayType(type)) {
      const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return { type: "array", items: item ? this.schemaOf(item) : {} };
    }
    // An object that the simulator never writes out has no place in its answers.
    if (this.#isResource(type) && !this.#written.has(this.#resource(type))) return { not: {} };
    return { $ref: `#/definitions/${this.#define(type)}` };
  }

  #union(type: ts.UnionType): Schema {
    const parts = type.types.filter((t) => !(t.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
    const text = parts.some((t) => this.#isText(t));
    const options: Schema[] = [];
    if (text) options.push({ type: "string" });
    if (parts.filter((t) => t.flags & ts.TypeFlags.BooleanLiteral).length === 2) options.push({ type: "boolean" });
    const literals: unknown[] = [];
    for (const part of parts) {
      if (part.isStringLiteral() || part.isNumberLiteral()) {
        if (!text || part.isNumberLiteral()) literals.push(part.value);
      } else if (part.flags & ts.TypeFlags.BooleanLiteral) {
        if (!options.some((o) => o["type"] === "boolean")) literals.push(this.#checker.typeToString(part) === "true");
      } else if (!this.#isText(part)) {
        const option = this.schemaOf(part);
        if (option["not"] === undefined) options.push(option);
      }
    }
    if (literals.length > 0) options.push({ enum: literals });
    if (options.length === 0) return { not: {} };
    return options.length === 1 ? options[0]! : { anyOf: options };
  }

  #isText(type: ts.Type): boolean {
    return (
      Boolean(type.flags & ts.TypeFlags.String) ||
      type.aliasSymbol?.name === "OtherString" ||
      (type.isIntersection() && type.types.some((p) => Boolean(p.flags & ts.TypeFlags.String)))
    );
  }

  /** An object with an `object` property of one literal is a resource of the API. */
  #isResource(type: ts.Type): boolean {
    const own = type.getProperty("object");
    return own !== undefined && !(own.flags & ts.SymbolFlags.Optional) && type.getProperty("id") !== undefined;
  }

  #resource(type: ts.Type): string {
    const own = this.#checker.getTypeOfSymbol(type.getProperty("object")!);
    return type.symbol?.name.startsWith("Deleted") ? "deleted" : own.isStringLiteral() ? own.value : "unknown";
  }

  #define(type: ts.Type): string {
    const known = this.#names.get(type);
    if (known !== undefined) return known;
    const name = `${(type.aliasSymbol ?? type.symbol)?.name.replaceAll(/\W/g, "") ?? "type"}_${this.#names.size}`;
    this.#names.set(type, name);
    const schema: Schema = { type: "object" };
    this.definitions[name] = schema;
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.#checker.getPropertiesOfType(type)) {
      const own = this.#checker.getTypeOfSymbol(property);
      if (own.getCallSignatures().length > 0) continue;
      if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name);
      properties[property.name] = this.schemaOf(own);
    }
    const index = this.#checker.getIndexInfoOfType(type, ts.IndexKind.String);
    schema["properties"] = properties;
    schema["required"] = required;
    schema["additionalProperties"] = index === undefined ? false : this.schemaOf(index.type);
    return name;
  }
}
