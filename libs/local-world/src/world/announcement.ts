import type { World } from "./index.ts";

const parts = [
  ["backer", "Backers"],
  ["developer", "Developers"],
  ["maintainer", "Maintainer"],
  ["staff", "Staff"],
] as const;

/** What `npm start` prints when everything is up: where to go, who can sign in, what else there is, how to stop. */
export function announcement(world: World, seconds: number): string {
  const people = Object.values(world.network?.people ?? {});
  const names = (part: string) => people.filter((person) => person.part === part).map(({ name }) => name);
  const extras: [string, string | undefined][] = [
    ["Stripe simulator", world.stripe?.url],
    ["GitHub", world.forges.github?.webUrl],
    ["Tangled knot", world.forges.knot?.webUrl],
    ["Previews", `${world.preview.url}/__preview`],
    ["ATProto host", world.network?.pdsUrl],
    ["Queue", world.redisUrl ? "Redis" : "PostgreSQL (no redis-server on PATH)"],
    ["Real services", [...world.real].join(", ") || undefined],
    ["Data and logs", world.dataDir],
  ];
  const row = (label: string, text: string) => `  ${label.padEnd(18)}${text}`;
  const signIn = [
    "  Sign in as <name>.test with the password hunter2-<name>, or make a new account:",
    ...parts.map(([part, label]) => row(label, names(part).join(", "))),
    "",
  ];
  return [
    "",
    `  Freehold is up: ${world.url}   (${seconds.toFixed(0)} s)`,
    "",
    ...(people.length > 0 ? signIn : []),
    ...extras.flatMap(([label, text]) => (text ? [row(label, text)] : [])),
    "",
    "  The clock:  npm run clock -- +14d     Begin anew:  npm run world:reset     Stop:  Ctrl-C",
    "",
  ].join("\n");
}
