import type { Readable } from "node:stream";
import { Inject, Injectable } from "@nestjs/common";
import { refusal, type Stage } from "@freehold/contract";
import { type Database, now } from "@freehold/database";
import { EvidenceStore, type Fault, faultSentence, type ForgeVerifier } from "@freehold/forge-verify";
import { after, HOUR_MS, isId } from "@freehold/values";
import { notify, proposalPath } from "../notice/notify.ts";
import { VERIFIER } from "../world.ts";
import { watchedStages } from "./preview-watch.ts";

/** The largest build that we keep. */
export const LARGEST_BUILD_BYTES = 200_000_000;

/** So long after opening a developer hears that their build could not be fetched; at once where trying again helps nobody. */
const PATIENCE_MS = 2 * HOUR_MS;
const hopeless: ReadonlySet<Fault> = new Set(["too_large", "unsafe_url"]);

const served: readonly Stage[] = [...watchedStages, "settling", "settled"];

/** The build of a download preview: fetched once, kept by its hash, served by us, so that what people try cannot change. */
@Injectable()
export class PreviewFiles {
  constructor(
    @Inject(VERIFIER) private readonly verifier: ForgeVerifier,
    private readonly evidence: EvidenceStore,
  ) {}

  /** Fetches and keeps a build that is not kept yet. Bears repetition; a failure is tried again by the watch. */
  async keep(database: Database, previewId: string): Promise<void> {
    const preview = await database.preview.findUnique({
      where: { id: previewId },
      include: { development: { include: { proposal: true } } },
    });
    if (preview === null || preview.kind !== "download" || preview.keptSha256 !== null) return;
    const { development } = preview;
    const { proposal } = development;
    if (proposal.currentDevelopmentId !== development.id || !watchedStages.includes(proposal.stage as Stage)) return;
    const answer = await this.verifier.download(preview.url, LARGEST_BUILD_BYTES);
    if (answer.ok && answer.value.kept.bytes > 0) {
      const { kept, name } = answer.value;
      await database.preview.updateMany({
        where: { id: previewId, keptSha256: null },
        data: { keptSha256: kept.sha256, keptBytes: BigInt(kept.bytes), keptName: name },
      });
      return;
    }
    const fault = answer.ok ? "malformed" : answer.fault;
    await database.transact(async (tx) => {
      if (!hopeless.has(fault) && (await now(tx)) < after(preview.openedAt, PATIENCE_MS)) return;
      const why = fault === "too_large" ? "it is larger than 200 MB" : faultSentence[fault];
      await notify(tx, [development.developerId], {
        key: `preview:${previewId}:not-kept`,
        kind: "preview_not_kept",
        sentence:
          `The build of “${proposal.title}” could not be fetched from its address (${why}), so we keep no copy of it. ` +
          "Until we do, it is watched where it is.",
        path: proposalPath(proposal.id),
      });
    });
  }

  /** The kept build for whoever asks, while the preview is public and when the feature is settled. Refuses preview_file_not_kept. */
  async file(database: Database, previewId: string): Promise<{ name: string; bytes: number; stream: Readable }> {
    const preview = isId(previewId)
      ? await database.preview.findUnique({
          where: { id: previewId },
          include: { development: { include: { proposal: true } } },
        })
      : null;
    const { keptSha256: sha256, development } = preview ?? {};
    const isServed =
      development?.proposal.currentDevelopmentId === development?.id &&
      served.includes(development?.proposal.stage as Stage);
    const found = sha256 == null || !isServed ? null : await this.evidence.stream(sha256);
    if (found === null) throw refusal("preview_file_not_kept");
    return { name: preview!.keptName ?? "preview", ...found };
  }
}
