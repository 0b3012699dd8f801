import type { ReactNode } from "react";

interface FieldFrame {
  name: string;
  label: string;
  /** Said below the label, before somebody types. */
  hint?: ReactNode;
  fault?: string | undefined;
}

const described = ({ name, hint, fault }: FieldFrame) =>
  [hint && `${name}-hint`, fault && `${name}-fault`].filter(Boolean).join(" ") || undefined;

function Frame({ name, label, hint, fault, children }: FieldFrame & { children: ReactNode }) {
  return (
    <div className={fault ? "field faulty" : "field"}>
      <label htmlFor={name}>{label}</label>
      {hint && (
        <p className="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {children}
      {fault && (
        <p className="fault" id={`${name}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}

type TextProps = FieldFrame & {
  value: string;
  type?: "text" | "url" | "date" | "number";
  inputMode?: "decimal" | "numeric" | "text" | "url";
  required?: boolean;
  maxLength?: number;
  min?: string | number;
  max?: string | number;
  autoComplete?: string;
  spellCheck?: boolean;
  /** Shown before the box, such as "$". */
  before?: string;
  short?: boolean;
};

/** One line of text, a day, a number or an address. */
export function TextField({ name, label, hint, fault, value, before, short, required, ...rest }: TextProps) {
  return (
    <Frame name={name} label={label} hint={hint} fault={fault}>
      <span className={short ? "box short" : "box"}>
        {before && <span aria-hidden="true">{before}</span>}
        <input
          id={name}
          name={name}
          defaultValue={value}
          aria-describedby={described({ name, label, hint, fault })}
          aria-invalid={fault ? true : undefined}
          aria-required={required ? true : undefined}
          {...rest}
        />
      </span>
    </Frame>
  );
}

/** Paragraphs of text. */
export function ProseField({
  name,
  label,
  hint,
  fault,
  value,
  rows = 6,
  required,
  maxLength,
}: FieldFrame & { value: string; rows?: number; required?: boolean; maxLength?: number }) {
  return (
    <Frame name={name} label={label} hint={hint} fault={fault}>
      <textarea
        id={name}
        name={name}
        rows={rows}
        defaultValue={value}
        maxLength={maxLength}
        aria-describedby={described({ name, label, hint, fault })}
        aria-invalid={fault ? true : undefined}
        aria-required={required ? true : undefined}
      />
    </Frame>
  );
}

/** One of a few, all of them to be seen. */
export function ChoiceField({
  name,
  legend,
  hint,
  fault,
  value,
  choices,
}: {
  name: string;
  legend: string;
  hint?: ReactNode;
  fault?: string | undefined;
  value: string;
  choices: { value: string; label: string; note?: ReactNode }[];
}) {
  return (
    <fieldset
      className={fault ? "field faulty" : "field"}
      aria-describedby={described({ name, label: legend, hint, fault })}
    >
      <legend>{legend}</legend>
      {hint && (
        <p className="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {choices.map((choice) => (
        <div className="choice" key={choice.value}>
          <input
            type="radio"
            id={`${name}-${choice.value}`}
            name={name}
            value={choice.value}
            defaultChecked={choice.value === value}
            {...(choice.note && { "aria-describedby": `${name}-${choice.value}-note` })}
          />
          <label htmlFor={`${name}-${choice.value}`}>{choice.label}</label>
          {choice.note && (
            <p className="hint" id={`${name}-${choice.value}-note`}>
              {choice.note}
            </p>
          )}
        </div>
      ))}
      {fault && (
        <p className="fault" id={`${name}-fault`}>
          {fault}
        </p>
      )}
    </fieldset>
  );
}

/** Yes or nothing; never ticked for somebody. */
export function TickField({ name, label, ticked = false }: { name: string; label: string; ticked?: boolean }) {
  return (
    <div className="field choice">
      <input type="checkbox" id={name} name={name} value="yes" defaultChecked={ticked} />
      <label htmlFor={name}>{label}</label>
    </div>
  );
}

/** Text to copy, whole at a click into it. */
export function CopyField({ name, label, value, rows }: { name: string; label: string; value: string; rows: number }) {
  return (
    <Frame name={name} label={label}>
      <textarea id={name} className="code" rows={rows} readOnly defaultValue={value} spellCheck={false} />
    </Frame>
  );
}
