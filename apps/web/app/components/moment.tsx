import { agoOf, dayOf, hourOf, momentOf } from "../dates.ts";
import { useNow } from "../session.ts";

const forms = { moment: momentOf, day: dayOf, hour: hourOf, ago: agoOf };

/** A moment of the story: "Thursday 14 May, 18:00 UTC" unless a shorter form is asked for. `at` is ISO, UTC. */
export function Moment({ at, as = "moment" }: { at: string; as?: keyof typeof forms }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} {...(as !== "moment" && { title: momentOf(date, now) })}>
      {forms[as](date, now)}
    </time>
  );
}
