import { dayOf, hourOf, momentOf } from "./dates.ts";
import { Moment } from "./components/moment.tsx";

/** A date inside a sentence. */
export interface DatePart {
  at: string;
  as: "moment" | "day" | "hour";
}
/** A sentence whose dates stay dates, so that a page can mark them up and a test can read them. */
export type Sentence = (string | DatePart)[];

export const on = (at: string, as: DatePart["as"] = "moment"): DatePart => ({ at, as });

/** Template tag: say`dave has until ${on(date)}.` */
export const say = (texts: TemplateStringsArray, ...parts: (string | number | DatePart)[]): Sentence =>
  texts.flatMap((text, index) => {
    const part = parts[index];
    const after = part === undefined ? [] : [typeof part === "number" ? String(part) : part];
    return text === "" ? after : [text, ...after];
  });

const forms = { moment: momentOf, day: dayOf, hour: hourOf };

/** The sentence as plain text. */
export const sentenceText = (sentence: Sentence, now: Date): string =>
  sentence.map((part) => (typeof part === "string" ? part : forms[part.as](new Date(part.at), now))).join("");

export function Said({ sentence }: { sentence: Sentence }) {
  return sentence.map((part, index) =>
    typeof part === "string" ? part : <Moment key={index} at={part.at} as={part.as} />,
  );
}
