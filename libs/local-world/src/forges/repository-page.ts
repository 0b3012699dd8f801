import type { BareRepository } from "./bare-repository.ts";

export interface RepositoryHeading {
  forge: string;
  title: string;
  note: string;
  cloneUrl: string;
  /** Who may push, and how. */
  pushHint: string;
}

const escape = (text: string) =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b-\u001f]/g, "");

const style =
  "body{font:18px/28px Georgia,serif;max-width:62ch;margin:2rem auto;padding:0 1rem;color:#16211f;background:#f3f5f4}" +
  "code,pre{font-size:15px;background:#fff;padding:.1em .3em}pre{padding:.6em;overflow:auto}small{color:#52605c}";

/**
 * A plain page for people: where to clone from, the branches, the last commits. `place` is the rest of the address:
 * `commit/<sha>` and `tree/<branch>` show the history from there.
 */
export async function repositoryPage(
  bare: BareRepository,
  heading: RepositoryHeading,
  place: readonly string[],
): Promise<string> {
  const wanted = place[0] === "commit" || place[0] === "tree" ? place.slice(1).join("/") : "";
  const revision = wanted && !wanted.startsWith("-") ? wanted : await bare.defaultBranch();
  const branches = (await bare.branches()).map(
    (one) => `<li>${escape(one.name)} <code>${one.sha.slice(0, 12)}</code></li>`,
  );
  const commits = (await bare.log(revision, 20)).map(
    (one) =>
      `<li><code>${one.sha}</code><br>${escape(one.message.split("\n")[0] ?? "")}<br>` +
      `<small>${escape(one.author.name)}, ${one.date}</small></li>`,
  );
  const licence = await bare.licenceFile(revision);
  return htmlPage(
    `${heading.title} on ${heading.forge}`,
    `<h1>${escape(heading.title)}</h1><p>${escape(heading.note)}</p>
<h2>Take a copy</h2><pre>git clone ${escape(heading.cloneUrl)}</pre><p><small>${escape(heading.pushHint)}</small></p>
<p>Licence file: ${escape(licence?.name ?? "none")}</p>
<h2>Branches</h2><ul>${branches.join("") || "<li>none yet</li>"}</ul>
<h2>Last commits</h2><ol>${commits.join("") || "<li>none yet</li>"}</ol>`,
  );
}

/** A list of what this forge shows to everybody. */
export function listPage(forge: string, slugs: readonly string[]): string {
  const items = slugs.map((slug) => `<li><a href="/${escape(slug)}">${escape(slug)}</a></li>`).join("");
  return htmlPage(forge, `<h1>${escape(forge)}</h1><p>Public repositories on this laptop.</p><ul>${items}</ul>`);
}

function htmlPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style><body>${body}</body></html>`;
}
