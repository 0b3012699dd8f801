import type { DevelopmentView, KeptFile, PreviewKind } from "@freehold/contract";
import { spanOf } from "../dates.ts";
import { Moment } from "./moment.tsx";
import { Uptime } from "./uptime.tsx";

/** "412 bytes", "38 kB", "1.2 MB". */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${Math.round(bytes / 100_000) / 10} MB`;
}

interface Place {
  id: string;
  kind: PreviewKind;
  url: string;
  kept: KeptFile | null;
}

const open: Readonly<Record<PreviewKind, [now: string, then: string]>> = {
  page: ["Open", "It was at"],
  api: ["It is an API. Ask it at", "It was an API at"],
  download: ["Download it from", "It was to be downloaded from"],
  recording: ["Watch", "It was shown at"],
};

/** Where a preview is, by its kind: an address, or the build that we keep. */
export function PreviewPlace({ preview, ended = false }: { preview: Place; ended?: boolean }) {
  const { kind, kept, url, id } = preview;
  if (kept !== null)
    return (
      <>
        <p>
          Download <a href={`/api/previews/${id}/file`}>{kept.name}</a>, {sizeOf(kept.bytes)}. We have kept it since the
          preview opened, so that everybody tries the same build. Nobody has checked it: run it where it can do no harm.
        </p>
        <p className="small quiet">
          sha256 <code className="checksum">{kept.sha256}</code>
        </p>
      </>
    );
  return (
    <>
      <p>
        {open[kind][ended ? 1 : 0]}{" "}
        <a href={url} rel="nofollow noopener">
          {url.replace(/^https?:\/\//, "").replace(/\/$/, "")}
        </a>
        .{kind === "recording" && " This is a recording: it shows the feature and cannot be tried."}
      </p>
      {kind === "download" && !ended && (
        <p className="small quiet">We have not been able to keep a copy yet; until then it comes from its developer.</p>
      )}
    </>
  );
}

/** Where, how, and until when it can be tried, and whether it has been up. */
export function PreviewSection({
  preview,
  ended,
}: {
  preview: NonNullable<DevelopmentView["preview"]>;
  ended: boolean;
}) {
  return (
    <section aria-labelledby="try">
      <h2 id="try">{preview.kind === "recording" ? "How to see it" : "How to try it"}</h2>
      <PreviewPlace preview={preview} ended={ended} />
      <p className="prose">{preview.howToReach}</p>
      <p className="small quiet">
        Open since <Moment at={preview.openedAt} as="day" />, until <Moment at={preview.closesAt} />
        {preview.movedMs > 0 && `, ${spanOf(preview.movedMs / 1000)} later than announced because it was down`}; after a
        release {preview.windowDays} days for objections.
        {preview.sealed && " Sealed: what is released must be what you try here."}
      </p>
      {!ended && preview.uptime && <Uptime uptime={preview.uptime} />}
    </section>
  );
}
