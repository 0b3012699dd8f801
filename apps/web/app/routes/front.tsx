import { Timetable } from "../components/timetable.tsx";
import { Moment } from "../components/moment.tsx";
import { Money } from "../components/money.tsx";
import { read } from "../.server/api.ts";
import type { Route } from "./+types/front.ts";

export const loader = ({ request }: Route.LoaderArgs) => read("front", { request });

export const meta: Route.MetaFunction = () => [
  { title: "Freehold: money held until the code is free" },
  {
    name: "description",
    content: "Propose a feature for open software, say what it would be worth, try it when it is built.",
  },
];

export default function Front({ loaderData: front }: Route.ComponentProps) {
  const { books } = front;
  return (
    <>
      <div className="lead">
        <h1>Money held until the code is free.</h1>
        <p>
          Propose a feature for open software, say what it would be worth, try it when it is built. What you pledge
          reaches its developer only after the code is public under an open licence.
        </p>
        <p className="small quiet money-line">
          <span className="held">
            <Money of={books.held} held /> held
          </span>{" "}
          for {books.developments} {books.developments === 1 ? "feature" : "features"} · <Money of={books.paid} /> paid
          to developers ·{" "}
          {books.provedAt === null ? (
            "the books have not been proved yet"
          ) : books.balanced ? (
            <>
              the books last proved themselves <Moment at={books.provedAt} as="ago" />
            </>
          ) : (
            <span className="objection">
              the books did not balance <Moment at={books.provedAt} as="ago" />
            </span>
          )}{" "}
          · <a href="/books">see the books</a>
        </p>
      </div>
      <Timetable title="Ready to try" rows={front.readyToTry}>
        Nothing is in preview just now.
      </Timetable>
      <Timetable title="Being built" rows={front.beingBuilt}>
        Nothing is being built just now. Any developer may reserve a wish.
      </Timetable>
      <Timetable title="Set free lately" rows={front.setFree}>
        Nothing has been set free yet.
      </Timetable>
      <Timetable title="Wishes" rows={front.wishes}>
        Nobody has wished for anything yet. <a href="/propose">Propose a feature</a>; anybody may.
      </Timetable>
      <p className="small quiet">
        Wishes stand in the order of what people who have been here a week, or have paid here, would pay.{" "}
        <a href="/proposals?stage=open">All wishes</a>
      </p>
    </>
  );
}
