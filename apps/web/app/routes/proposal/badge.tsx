import { call } from "../../.server/api.ts";
import { readProposal } from "../../.server/proposal.ts";
import { StageDots } from "../../components/stage-line.tsx";
import { useNonce } from "../../nonce.ts";
import { CopyField } from "../../ui/field.tsx";
import type { Route } from "./+types/badge.ts";

export async function loader({ request, params }: Route.LoaderArgs) {
  const [proposal, widget] = await Promise.all([readProposal(request, params.id), call("widget", { request, params })]);
  return { proposal, widget: widget.ok ? widget.answer : null, origin: new URL(request.url).origin };
}

export const meta: Route.MetaFunction = ({ loaderData }) =>
  loaderData ? [{ title: `Show it elsewhere · ${loaderData.proposal.title} · Freehold` }] : [];

/** What a maintainer copies onto their own page: a picture that works everywhere, and an element that stays current. */
export default function Badge({ loaderData: { proposal, widget, origin } }: Route.ComponentProps) {
  const nonce = useNonce();
  const page = `${origin}/proposals/${proposal.id}`;
  const badge = `/w/1/features/${proposal.id}.svg`;
  const script = `${origin}/w/1/freehold-feature.js`;
  const name = escapeHtml(proposal.title);
  return (
    <div className="narrow">
      <p className="crumb small quiet">
        <a href={`/projects/${proposal.project.slug}`}>{proposal.project.name}</a> ·{" "}
        <a href={`/proposals/${proposal.id}`}>{proposal.title}</a>
      </p>
      <h1>Show it on your own page</h1>
      <p className="mt-4">
        Both show the title, the stage and the sum, and lead here. Neither sets a cookie or tells us who looks at them.
      </p>
      {widget && (
        <p className="small">
          <StageDots stage={widget.stage} line={widget.line} />
        </p>
      )}
      <section>
        <h2>A picture, for a README</h2>
        <p>
          <img src={badge} alt={`${proposal.title}: how far it is on Freehold`} height={20} />
        </p>
        <CopyField
          name="markdown"
          label="Markdown"
          rows={3}
          value={`[![${proposal.title.replaceAll(/[[\]]/g, "")}](${origin}${badge})](${page})`}
        />
      </section>
      <section>
        <h2>An element, for a web page</h2>
        <div className="preview-frame">
          <freehold-feature feature={proposal.id}>
            <a href={page}>{proposal.title}</a>
          </freehold-feature>
        </div>
        <script type="module" src="/w/1/freehold-feature.js" nonce={nonce} suppressHydrationWarning />
        <CopyField
          name="element"
          label="HTML"
          rows={5}
          value={`<script type="module" src="${script}"></script>\n<freehold-feature feature="${proposal.id}"><a href="${page}">${name}</a></freehold-feature>`}
        />
        <p className="small quiet">
          Without JavaScript the link inside it remains. A strict content security policy needs {new URL(origin).host}{" "}
          in <code>script-src</code>, <code>connect-src</code> and <code>img-src</code>.
        </p>
      </section>
    </div>
  );
}

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "freehold-feature": { feature: string; children: ReactNode };
    }
  }
}
