import type { DevelopmentView } from "@freehold/contract";
import { Moment } from "./moment.tsx";

const rulings: Readonly<Record<string, string>> = {
  dismiss: "The dispute was dismissed: the release stands.",
  refund: "The case was answered for the backers: everyone is refunded in full.",
};

/** What became of the backers' objections, with reasons, for everybody to read; the statements are for those `concerned`. */
export function CaseSection({
  case: found,
  concerned,
}: {
  case: NonNullable<DevelopmentView["case"]>;
  concerned: boolean;
}) {
  return (
    <section aria-labelledby="case">
      <h2 id="case">The case</h2>
      {found.state === "open" ? (
        <p>
          Opened <Moment at={found.openedAt} />. Staff without a stake answer it
          {found.blocking
            ? "; nothing is paid before they have."
            : ". It stops the payment of those who dispute, and not of the others."}
        </p>
      ) : (
        <>
          <p>
            {rulings[found.ruling ?? ""] ?? "The case is answered."}
            {found.ruledAt && (
              <>
                {" "}
                Ruled <Moment at={found.ruledAt} />
                {found.takesEffectAt && (
                  <>
                    , in effect from <Moment at={found.takesEffectAt} />
                  </>
                )}
                .
              </>
            )}
          </p>
          {found.reasons && <blockquote className="prose">{found.reasons}</blockquote>}
        </>
      )}
      {concerned && (
        <p className="small">
          <a href={`/cases/${found.id}`}>Read the case</a>
        </p>
      )}
    </section>
  );
}
