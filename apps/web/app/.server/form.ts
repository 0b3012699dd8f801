import type { MoneyInput } from "@freehold/contract";
import type { z } from "zod";
import { readMoney } from "../money-typed.ts";

/** A posted form. Readers note what is wrong instead of throwing, so that the visitor hears of everything at once. */
export class Form {
  /** What was typed, without the hidden fields. */
  readonly typed: Record<string, string> = {};
  readonly faults: Record<string, string> = {};
  readonly csrf: string;
  readonly key: string;

  constructor(fields: FormData) {
    const field = (name: string) => {
      const value = fields.get(name);
      return typeof value === "string" ? value : "";
    };
    this.csrf = field("csrf");
    this.key = field("key");
    for (const [name, value] of fields)
      if (typeof value === "string" && name !== "csrf" && name !== "key")
        this.typed[name] = value.replaceAll("\r\n", "\n");
  }

  static async read(request: Request): Promise<Form> {
    try {
      return new Form(await request.formData());
    } catch {
      // Not a form at all: it is answered like an empty one.
      return new Form(new FormData());
    }
  }

  get faulty(): boolean {
    return Object.keys(this.faults).length > 0;
  }

  text(name: string): string {
    return this.typed[name] ?? "";
  }

  /** Undefined when nothing was typed. */
  optional(name: string): string | undefined {
    const text = this.text(name).trim();
    return text === "" ? undefined : text;
  }

  ticked(name: string): boolean {
    return this.typed[name] !== undefined;
  }

  /** One entry a line; empty lines and leading dashes do not count. */
  lines(name: string): string[] {
    return this.text(name)
      .split("\n")
      .map((entry) => entry.replace(/^\s*[-*•]\s+/, "").trim())
      .filter((entry) => entry !== "");
  }

  money(name: string): MoneyInput {
    const read = readMoney(this.text(name));
    if (!("fault" in read)) return read;
    this.faults[name] = read.fault;
    return { minor: "0", currency: "USD" };
  }

  wholeNumber(name: string): number {
    const text = this.text(name).trim();
    if (/^\d{1,6}$/.test(text)) return Number(text);
    this.faults[name] = "Write a whole number.";
    return 0;
  }

  /** A day as browsers send it (2026-05-14), taken as its noon in UTC. */
  day(name: string): string {
    const text = this.text(name).trim();
    const at = new Date(`${text}T12:00:00.000Z`);
    if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text))
      return at.toISOString();
    this.faults[name] = "Write a day as year-month-day, such as 2027-05-14.";
    return new Date(0).toISOString();
  }

  /** Notes the faults that the endpoint's own schema finds, in words. A field's first fault stands. */
  check(schema: z.ZodType, body: unknown): void {
    const parsed = schema.safeParse(body);
    if (parsed.success) return;
    for (const issue of parsed.error.issues) {
      const [name, index] = issue.path;
      const field = String(name ?? "form");
      if (field in this.faults) continue;
      const which = typeof index === "number" ? `Line ${index + 1}: ` : "";
      this.faults[field] = which + inWords(issue);
    }
  }
}

function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      if (issue.origin === "array") return "Write at least one line.";
      return issue.minimum === 1 ? "Fill this in." : `Write at least ${issue.minimum} characters.`;
    case "too_big":
      return issue.origin === "array" ? `At most ${issue.maximum} lines.` : `At most ${issue.maximum} characters.`;
    case "invalid_value":
      return "Choose one of these.";
    case "invalid_format":
      return issue.format === "url"
        ? "Write a whole address that begins with https://."
        : "This does not have the form it should have.";
    default:
      return `${issue.message}.`;
  }
}
