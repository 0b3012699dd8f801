import type { ReactNode } from "react";

/** Something to know before reading on. `done` confirms, `refused` says no and is announced at once. */
export function Notice({ kind, children }: { kind: "done" | "refused" | "note"; children: ReactNode }) {
  const role = kind === "refused" ? "alert" : kind === "done" ? "status" : undefined;
  return (
    <div className={`notice ${kind}`} {...(role && { role })}>
      {children}
    </div>
  );
}
