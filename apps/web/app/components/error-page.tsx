import type { Problem } from "@freehold/contract";

const isProblem = (data: unknown): data is Problem =>
  typeof data === "object" && data !== null && typeof (data as Problem).code === "string";

/** Says what happened and the way on: nothing here, a refusal, or a fault of ours. */
export function ErrorPage({ status, problem }: { status: number; problem: unknown }) {
  const known = isProblem(problem) ? problem : null;
  const { title, text } = words(status, known);
  return (
    <div className="error-page">
      <title>{`${title} · Freehold`}</title>
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a href="/">To the front page</a> · <a href="/proposals">Explore features</a> ·{" "}
        <a href="/how-it-works">How it works</a>
      </p>
      {known && <p className="small quiet">Reference: {known.code}</p>}
    </div>
  );
}

function words(status: number, problem: Problem | null): { title: string; text: string } {
  if (status === 404)
    return {
      title: "There is nothing here",
      text:
        problem && problem.code !== "not_found"
          ? problem.detail || problem.title
          : "The address may be mistyped, or what was here was never published.",
    };
  if (status === 503)
    return {
      title: "Freehold is not answering just now",
      text: problem?.detail ?? "Try again soon. Nothing was changed.",
    };
  if (status === 405) return { title: "That cannot be done here", text: "Go back and use the form on the page." };
  if (problem && status < 500) return { title: "This was not accepted", text: problem.detail || problem.title };
  return {
    title: "Something went wrong on our side",
    text: "Nothing was changed by this request that you would have to undo. Try again; if you had just paid, your payment is safe and will show up in your money.",
  };
}
