import type { TimetableRow } from "@freehold/contract";
import type { ReactNode } from "react";
import { Said } from "../sentence.tsx";
import { Money, isZero } from "./money.tsx";
import { people, rowSentence } from "./sentences.ts";
import { StageRow } from "./stage-line.tsx";

function Figure({ row }: { row: TimetableRow }) {
  if (row.stage === "settled")
    return (
      <>
        <Money of={row.paid} /> {row.backers > 0 && <span className="small quiet">from {people(row.backers)}</span>}
      </>
    );
  if (row.stage === "open" || row.stage === "in_development" || row.stage === "closed")
    return isZero(row.estimated) ? (
      <span className="small quiet">no estimate yet</span>
    ) : (
      <>
        <Money of={row.estimated} /> <span className="small quiet">estimated</span>
      </>
    );
  return (
    <>
      <Money of={row.held} held /> <span className="small held-word">held</span>
    </>
  );
}

/** Features as lines of one timetable: title, project, rail, date, one figure. The same columns on every page. */
export function Timetable({ title, rows, children }: { title: string; rows: TimetableRow[]; children?: ReactNode }) {
  return (
    <section className="timetable-group">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="quiet">{children}</p>
      ) : (
        <table className="timetable">
          <colgroup>
            <col className="what" />
            <col className="rails" />
            <col className="date" />
            <col />
          </colgroup>
          <thead className="unseen">
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Stage</th>
              <th scope="col">Date</th>
              <th scope="col">Money</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ row }: { row: TimetableRow }) {
  const date = rowSentence(row);
  return (
    <tr>
      <th scope="row">
        <a className="title" href={`/proposals/${row.id}`}>
          {row.title}
        </a>
        <span className="small quiet">
          <a className="plain" href={`/projects/${row.project.slug}`}>
            {row.project.name}
          </a>
          {row.developer && ` · ${row.developer.name}`}
        </span>
      </th>
      <td className="rails">
        <StageRow stage={row.stage} />
      </td>
      <td className="small quiet date">{date && <Said sentence={date} />}</td>
      <td className="fig">
        <Figure row={row} />
      </td>
    </tr>
  );
}
