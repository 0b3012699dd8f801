import type { UptimeView } from "@freehold/contract";
import { spanOf } from "../dates.ts";
import { Moment } from "./moment.tsx";

type Cell = UptimeView["cells"][number];

/** How far bars stand apart, few of them further, and how high they are. */
const stepOf = (count: number) => (count <= 16 ? 24 : 12);
const HEIGHT = 28;
/** A few minutes of a day are still to be seen. */
const LEAST = 7;

const length = (ms: number) => spanOf(Math.round(ms / 1000));
const looked = ({ upMs, downMs }: Cell) => upMs + downMs;
const lasts = (cell: Cell) => new Date(cell.until).getTime() - new Date(cell.from).getTime();

/** "98.6 %", and never 100 when it was not. */
export const shareOf = (basisPoints: number): string => `${Math.floor(basisPoints / 10) / 10} %`;

/** What was met in one cell, in words. */
export function cellWords(cell: Cell): string {
  if (looked(cell) === 0) return "nobody looked";
  const down = cell.downMs === 0 ? "up" : cell.upMs === 0 ? "down" : `down for ${length(cell.downMs)}`;
  const unseen = lasts(cell) - looked(cell);
  return unseen > lasts(cell) / 4 ? `${down}; for ${length(unseen)} nobody looked` : down;
}

/** Whether a preview has been up: in a sentence, as a picture, and part by part for whoever cannot see it. */
export function Uptime({ uptime, level = 3 }: { uptime: UptimeView; level?: 2 | 3 }) {
  const { cells, upBasisPoints, downMs, downSince, lastVisit } = uptime;
  const Heading = level === 2 ? "h2" : "h3";
  const step = stepOf(cells.length);
  const isFine = cells.length > 0 && lasts(cells[0]!) < 86_400_000;
  return (
    <div className="uptime">
      <Heading>Has it been up?</Heading>
      <p>
        {upBasisPoints === null ? (
          "Nobody has looked for long enough to say."
        ) : (
          <>
            Up {shareOf(upBasisPoints)} of the {length(uptime.upMs + downMs)} in which we looked
            {downMs > 0 && `, down for ${length(downMs)} in all`}.
          </>
        )}{" "}
        {downSince !== null ? (
          <strong className="down">
            Down since <Moment at={downSince} as="hour" />.
          </strong>
        ) : (
          lastVisit && (
            <>
              The last visit, <Moment at={lastVisit.at} as="ago" />,{" "}
              {lastVisit.up
                ? lastVisit.tookMs === null
                  ? "found our copy here."
                  : `was answered in ${lastVisit.tookMs} ms.`
                : "was not answered; the next one comes soon."}
            </>
          )
        )}
      </p>
      <svg
        className="strip"
        viewBox={`0 0 ${cells.length * step} ${HEIGHT}`}
        width={cells.length * step}
        height={HEIGHT}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {cells.map((cell, index) => (
          <Bar key={cell.from} cell={cell} x={index * step} width={step - 3} />
        ))}
      </svg>
      <p className="small quiet">
        Each bar is {isFine ? "six hours" : "a day"} since <Moment at={uptime.from} as="day" />: full while it was up,
        broken at the foot where it was down, a line where nobody looked.
      </p>
      <details className="small">
        <summary>Bar by bar</summary>
        <ol>
          {cells.map((cell) => (
            <li key={cell.from}>
              <Moment at={cell.from} as={isFine ? "hour" : "day"} />: {cellWords(cell)}
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}

function Bar({ cell, x, width }: { cell: Cell; x: number; width: number }) {
  if (looked(cell) === 0) return <rect className="gap" x={x} y={HEIGHT - 2} width={width} height={2} />;
  if (cell.downMs === 0) return <rect className="up" x={x} y={0} width={width} height={HEIGHT} />;
  const foot = Math.max(LEAST, Math.round((HEIGHT * cell.downMs) / looked(cell)));
  const rest = HEIGHT - foot - 3;
  return (
    <>
      {cell.upMs > 0 && rest > 0 && <rect className="up" x={x} y={0} width={width} height={rest} />}
      <rect className="down" x={x + 2} y={HEIGHT - foot} width={width - 4} height={foot} />
    </>
  );
}
