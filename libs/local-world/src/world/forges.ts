import path from "node:path";
import type { AtprotoNetwork } from "../atproto/index.ts";
import { type LocalGitHub, type LocalKnot, seedRepositories, startGitHub, startKnot } from "../forges/index.ts";
import type { Ground } from "./foundations.ts";
import type { Secrets } from "./secrets.ts";
import type { StoryClock } from "./story-clock.ts";

export interface Forges {
  github: LocalGitHub | undefined;
  knot: LocalKnot | undefined;
}

/**
 * The local GitHub and the local Tangled knot, with the repositories of the story. A forge whose real counterpart is given is left out;
 * so is the knot when the ATProto network is real, since it could not write to anybody's repository there.
 */
export async function startForges(
  ground: Ground,
  clock: StoryClock,
  network: AtprotoNetwork | undefined,
  { publicUrl, secrets }: { publicUrl: string; secrets: Secrets },
): Promise<Forges> {
  const { dataDir, ports, real, cleanup } = ground;
  const now = () => clock.now();
  const github = real.has("github")
    ? undefined
    : await startGitHub({ dataDir: path.join(dataDir, "github"), port: ports.github, now });
  if (github) cleanup.defer(() => github.close());
  const knot =
    real.has("tangled") || !network
      ? undefined
      : await startKnot({
          dataDir: path.join(dataDir, "knot"),
          port: ports.knot,
          plcUrl: network.plcUrl,
          pdsUrl: network.pdsUrl,
          createRecord: network.createRecord,
          deleteRecord: network.deleteRecord,
          now,
        });
  if (knot) cleanup.defer(() => knot.close());
  if (github && knot && network) await seedRepositories(github, knot, network.people);
  // As an app of ours that everybody has installed. Told only now, so that the seed is no news.
  const secret = ground.given["FORGE_WEBHOOK_SECRET"] ?? secrets.forgeWebhookSecret;
  github?.setWebhook({ url: `${publicUrl}/webhooks/github`, secret });
  return { github, knot };
}
