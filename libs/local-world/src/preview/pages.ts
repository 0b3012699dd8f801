import { gzipSync } from "node:zlib";
import { type PreviewState, previewStates } from "./states.ts";

interface Shown {
  title: string;
  intro: string;
  rows: readonly string[];
}

/** What the previews of the seeded story show; any other path shows an offline thread. */
const shown: Readonly<Record<string, Shown>> = {
  rtl: {
    title: "Larkspur, right-to-left reading",
    intro: "Posts in Arabic and Hebrew are set from the right; mixed lines keep their order.",
    rows: ["سطر من اليمين إلى اليسار", "שורה מימין לשמאל", "A line from the left, with مثال inside it."],
  },
  import: {
    title: "Knotwork, import a repository with its issues",
    intro: "Give it one of three repositories; its issues arrive in order, each with its author named.",
    rows: [
      "#1 Colours are lost on small screens, by mallory",
      "#2 Say which key was pressed, by trent",
      "#3 Typo, by peggy",
    ],
  },
};

const otherwise: Shown = {
  title: "Larkspur, threads without a connection",
  intro: "Threads that you have opened stay readable when the connection goes.",
  rows: [
    "The 8:14 to the coast, 12 replies, kept",
    "What the tide tables do not say, 4 replies, kept",
    "A kettle, mended",
  ],
};

const page = (title: string, body: string) =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:18px/28px Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
li{border-top:1px solid #ccc;padding:.5rem 0;list-style:none}ul{padding:0}button{font:inherit}</style></head>
<body>${body}</body></html>
`;

/** A page as a developer would show it. */
export function previewPage(path: string): string {
  const { title, intro, rows } = shown[path.split("/")[1] ?? ""] ?? otherwise;
  const items = rows.map((row) => `<li dir="auto">${row}</li>`).join("");
  return page(title, `<h1>${title}</h1><p>${intro}</p><ul>${items}</ul><p>A preview on this machine.</p>`);
}

/** A build to download, for paths that end like one: the same bytes each time. */
export function buildOf(path: string): { name: string; bytes: Buffer } | null {
  const name = path.split("/").at(-1) ?? "";
  if (!/\.(tar\.gz|tgz|zip|bin)$/.test(name)) return null;
  return { name: name.replace(/[^A-Za-z0-9._-]/g, "-"), bytes: gzipSync(`a build called ${path}\n`.repeat(2000)) };
}

/** Where people make outages. */
export function controlPage(known: Iterable<string>, stateOf: (path: string) => PreviewState): string {
  const escape = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const rows = [...known].toSorted().map((path) => {
    const buttons = previewStates.map((state) => `<button name="state" value="${state}">${state}</button>`).join(" ");
    const where = escape(path);
    return `<li><form method="post"><input type="hidden" name="path" value="${where}"><a href="${where}">${where}</a> is ${stateOf(path)}: ${buttons}</form></li>`;
  });
  return page(
    "Previews of the local world",
    `<h1>Previews of the local world</h1><p>Up, down (503), slow (a minute), or cut (no answer). A preview is visited every quarter of an hour of story time; wind the clock in steps of less than an hour, or nobody will have looked.</p><ul>${rows.join("")}</ul>`,
  );
}
