/**
 * The way on in a long list: forward by a mark, back to the start. Lists are never counted. A page with two lists gives
 * each a mark and a name of its own.
 */
export function Pagination({
  next,
  query,
  mark = "after",
  name = "Pages",
}: {
  next: string | null;
  query: URLSearchParams;
  mark?: string;
  name?: string;
}) {
  const paged = query.has(mark);
  if (!next && !paged) return null;
  const to = (place: string | null) => {
    const copy = new URLSearchParams(query);
    copy.delete(mark);
    if (place) copy.set(mark, place);
    return `?${copy}`;
  };
  return (
    <nav className="pagination" aria-label={name}>
      {paged && <a href={to(null)}>Back to the start</a>}
      {next && (
        <a href={to(next)} rel="next">
          Show more
        </a>
      )}
    </nav>
  );
}
