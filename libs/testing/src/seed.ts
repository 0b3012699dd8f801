import "reflect-metadata";
import { readEnvironment } from "@freehold/contract";
import { openParts } from "@freehold/journey";
import pg from "pg";
import { compile, type StoryGround } from "./rooms.ts";
import { Story } from "./story.ts";

/**
 * Fills an empty local world with a market in the middle of its life: one feature set free, one to try, one being built,
 * and wishes. The story begins 45 days ago and ends today. A world that has a proposal is left as it is.
 */
export async function seed(): Promise<void> {
  const environment = readEnvironment();
  if (environment.FREEHOLD_WORLD !== "local") throw new Error("The seed is for the local world only.");
  const parts = openParts(environment, "freehold seed");
  try {
    if ((await parts.database.proposal.count()) > 0) return;
    const ground = await groundOf(parts);
    await ground.asOwner("UPDATE clock_offset SET shift = interval '-45 days' WHERE id = 1");
    const story = new Story(ground, await compile(ground));
    await ground.topUp();
    await tell(story, ground);
    await ground.asOwner("UPDATE clock_offset SET shift = interval '0' WHERE id = 1");
    await visitAsTheWorkerWould(ground);
    await story.drain();
    await parts.vault.checkAndKeep();
  } finally {
    await parts.database.$disconnect();
  }
}

/** The watch over the preview that is open: a visit every quarter of an hour, and one evening on which it was down. */
async function visitAsTheWorkerWould(ground: SeedGround): Promise<void> {
  await ground.asOwner(`
    INSERT INTO preview_visit (id, preview_id, at, up, status, took_ms)
    SELECT gen_random_uuid(), v.id, visit.at, visit.up, CASE WHEN visit.up THEN 200 ELSE 503 END,
      CASE WHEN visit.up THEN 80 + (random() * 120)::int ELSE 14 END
    FROM preview v JOIN development d ON d.id = v.development_id JOIN proposal p ON p.id = d.proposal_id
    CROSS JOIN LATERAL (
      SELECT at, at NOT BETWEEN v.opened_at + interval '53 hours' AND v.opened_at + interval '56 hours' AS up
      FROM generate_series(v.opened_at + interval '15 minutes', clock_now(), interval '15 minutes') AS at) AS visit
    WHERE p.stage = 'in_preview' AND p.current_development_id = d.id`);
}

type SeedGround = StoryGround & {
  asOwner(sql: string): Promise<void>;
  topUp(): Promise<void>;
};

async function tell(story: Story<SeedGround>, ground: SeedGround): Promise<void> {
  for (const name of ["alice", "bob", "carla", "dave", "judy", "erin", "frank", "grace", "heidi"])
    await story.party(name);
  const [github, knot] = [process.env["GITHUB_URL"]!, process.env["TANGLED_URL"]!];

  const rtl = await story.propose("carla", "Right-to-left reading", {
    project: "Larkspur",
    body: "People who read Arabic or Hebrew meet threads that are set from the wrong side.",
    points: ["A post in a right-to-left script is set from the right.", "Mixed lines keep their order."],
  });
  for (const [name, minor] of [
    ["alice", 2500n],
    ["bob", 1500n],
    ["carla", 2000n],
  ] as const)
    await story.estimate(name, rtl, minor);
  await story.makePayable("dave");
  const freed = await story.reserve("dave", rtl, `${github}/dave/larkspur`);
  await story.wind("5 days");
  await story.openPreview("dave", freed, 3, 7, {
    url: `${ground.preview.url}/rtl`,
    howToReach: "Open the address with your own account and open any thread in Arabic or Hebrew; there is one pinned.",
    points: ["A post in a right-to-left script is set from the right.", "Mixed lines keep their order."],
  });
  for (const [name, minor] of [
    ["alice", 1200n],
    ["bob", 1500n],
    ["carla", 2500n],
  ] as const)
    await story.pledge(name, freed, minor);
  await story.wind("3 days");
  await story.chooseRelease("dave", freed);
  const commit = await ground.github.commit({
    owner: "dave",
    name: "larkspur",
    branch: "main",
    files: {
      "src/direction.ts":
        'export const directionOf = (text: string) => (/\\p{Script=Arabic}|\\p{Script=Hebrew}/u.test(text) ? "rtl" : "ltr");\n',
    },
    message: "Set right-to-left posts from the right",
  });
  await story.submitRelease("dave", freed, commit);
  await story.wind("16 days");

  const imported = await story.propose("erin", "Import a repository with its issues", {
    project: "Knotwork",
    body: "Moving a project over means losing years of discussion. The issues should come along, with their authors named.",
    points: [
      "Issues and their comments arrive in order.",
      "Each names its author as they were called.",
      "Running it twice adds nothing twice.",
    ],
  });
  await story.estimate("alice", imported, 2400n);
  await story.estimate("bob", imported, 2500n);
  await story.makePayable("judy");
  const trying = await story.reserve("judy", imported, `${knot}/judy.test/knotwork-import`);
  const labels = await story.propose("bob", "Labels that follow a conversation", {
    project: "Skylight",
    body: "When I label the first post of a thread, the replies should carry the label too, until somebody takes it off.",
    points: ["A label on a first post shows on its replies.", "Taking it off a reply leaves the others."],
  });
  await story.estimate("carla", labels, 2500n);
  await story.wind("12 days");
  await story.openPreview("judy", trying, 14, 14, {
    url: `${ground.preview.url}/import`,
    howToReach: "Sign in with any handle, choose “Import”, and give it one of the three repositories it offers.",
    points: [
      "Issues and their comments arrive in order.",
      "Each names its author as they were called.",
      "Running it twice adds nothing twice.",
    ],
  });
  await story.pledge("alice", trying, 2400n);
  await story.pledge("carla", trying, 3000n);
  const building = await story.reserve("dave", labels, `${github}/dave/larkspur`);
  await story.donate("bob", building, 1000n, 3500n);

  const wishes: [string, string, string, string, [string, bigint][]][] = [
    [
      "alice",
      "Read threads offline",
      "Larkspur",
      "On the train I lose the thread I was reading. What I have opened should stay readable.",
      [
        ["bob", 2500n],
        ["carla", 2000n],
      ],
    ],
    [
      "carla",
      "Make this text bigger",
      "Skylight",
      "The text of replies is smaller than the post's and cannot be changed.",
      [
        ["carla", 800n],
        ["alice", 500n],
      ],
    ],
    [
      "bob",
      "Permissioned data",
      "Knotwork",
      "Some records are for a few people only; there should be a way to say so.",
      [
        ["bob", 2500n],
        ["alice", 2500n],
        ["erin", 2500n],
      ],
    ],
  ];
  for (const [proposer, title, project, body, estimates] of wishes) {
    const id = await story.propose(proposer, title, { project, body, points: [`${title}, as described.`] });
    for (const [name, minor] of estimates) await story.estimate(name, id, minor);
  }
}

/** The running local world as a story's ground: Stripe and GitHub are told over HTTP what a test would tell them directly. */
async function groundOf(parts: Awaited<ReturnType<typeof openParts>>): Promise<SeedGround> {
  const { environment, database, vault } = parts;
  const owner = environment.DATABASE_OWNER_URL;
  const preview = environment.LOCAL_PREVIEW_URL;
  if (owner === undefined || environment.STRIPE_API_URL === undefined || preview === undefined)
    throw new Error("The seed needs the local Stripe, the local previews and the owner's right.");
  const post = async <Answer>(url: string, body: unknown): Promise<Answer> => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const asOwner = async (sql: string) => {
    const client = new pg.Client({ connectionString: owner });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const ground: SeedGround = {
    database,
    vault,
    parts,
    asOwner,
    wind: (interval) => asOwner(`UPDATE clock_offset SET shift = shift + interval '${interval}' WHERE id = 1`),
    close: async () => undefined,
    preview: { url: preview },
    stripe: {
      control: { tick: () => post(`${environment.STRIPE_API_URL}/__sim/tick`, []) },
      drained: async () => undefined,
    },
    github: {
      createRepository: (input) => post(`${environment.GITHUB_URL}/__forge/createRepository`, input),
      commit: (input) => post(`${environment.GITHUB_URL}/__forge/commit`, input),
    },
    async didOf(name) {
      const answer = await fetch(`${environment.PDS_URL}/xrpc/com.atproto.identity.resolveHandle?handle=${name}.test`);
      return ((await answer.json()) as { did: string }).did;
    },
    async topUp() {
      await post(`${environment.STRIPE_API_URL}/__sim/topUp`, [200_000]);
      await vault.movements.take();
    },
  };
  return ground;
}

await seed();
