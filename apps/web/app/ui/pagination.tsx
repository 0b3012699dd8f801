/** The way on in a long list: forward by a mark, back to the start. Lists are never counted. */
export function Pagination({ next, query }: { next: string | null; query: URLSearchParams }) {
  const paged = query.has("after");
  if (!next && !paged) return null;
  const to = (after: string | null) => {
    const copy = new URLSearchParams(query);
    copy.delete("after");
    if (after) copy.set("after", after);
    return `?${copy}`;
  };
  return (
    <nav className="pagination" aria-label="Pages">
      {paged && <a href={to(null)}>Back to the start</a>}
      {next && (
        <a href={to(next)} rel="next">
          Show more
        </a>
      )}
    </nav>
  );
}
