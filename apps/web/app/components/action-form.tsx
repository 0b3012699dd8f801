import type { ReactNode } from "react";
import { useSearchParams } from "react-router";
import type { Refused } from "../refused.ts";
import { usePageSession } from "../session.ts";
import { Notice } from "../ui/notice.tsx";

/**
 * A plain form with the two hidden fields that every action needs: the token that says it came from our page, and the key
 * that makes sending it twice harmless. A refusal is shown at its top.
 */
export function ActionForm({
  refused,
  action,
  label,
  children,
}: {
  refused?: Refused | undefined;
  /** Elsewhere than this page. */
  action?: string;
  /** Names the form where a page has several. */
  label?: string;
  children: ReactNode;
}) {
  const page = usePageSession();
  return (
    <form method="post" noValidate {...(action && { action })} {...(label && { "aria-label": label })}>
      <input type="hidden" name="csrf" value={page?.session.csrfToken ?? ""} />
      <input type="hidden" name="key" value={refused?.key ?? page?.formKey ?? ""} />
      <RefusalNotice refused={refused} />
      {children}
    </form>
  );
}

export function RefusalNotice({ refused }: { refused: Refused | undefined }) {
  if (!refused) return null;
  const faults = Object.entries(refused.faults);
  if (refused.problem)
    return (
      <Notice kind="refused">
        <p>{refused.problem.sentence}</p>
      </Notice>
    );
  return (
    <Notice kind="refused">
      <p>{faults.length === 1 ? "One thing needs another look." : "Some things need another look."}</p>
      <ul>
        {faults.map(([field, sentence]) => (
          <li key={field}>
            <a href={`#${field}`}>{sentence}</a>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/**
 * Reads a field's text: what was typed and refused, else what came back from signing in (in the address, or as a draft),
 * else `fallback`.
 */
export function useTyped(
  refused: Refused | undefined,
  draft: Readonly<Record<string, string>> | null = null,
): (name: string, fallback?: string) => string {
  const [query] = useSearchParams();
  return (name, fallback = "") =>
    refused ? (refused.typed[name] ?? "") : (query.get(name) ?? draft?.[name] ?? fallback);
}
