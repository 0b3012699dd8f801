/** Escapes text for HTML, quotes included. */
export function esc(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const STYLE = `
:root{color-scheme:light;--ink:#1d2433;--soft:#5b6478;--line:#d5d9e2;--paper:#f5f6f9;--go:#4a3fd0;--bad:#a3172b}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
.strip{background:#fff4d6;border-bottom:1px solid #e8d59a;padding:.5rem 1rem;text-align:center;font-size:.9rem;color:#5a4300}
main{max-width:27rem;margin:2rem auto;padding:0 1rem}
.card{background:#fff;border:1px solid var(--line);border-radius:12px;padding:1.5rem}
h1{font-size:1.25rem;margin:0 0 .25rem}
.sum{font-size:2rem;font-weight:650;margin:.25rem 0 1rem}
ul.lines{list-style:none;margin:0 0 1.25rem;padding:0;border-top:1px solid var(--line)}
ul.lines li{display:flex;justify-content:space-between;gap:1rem;padding:.5rem 0;border-bottom:1px solid var(--line);color:var(--soft)}
label{display:block;font-weight:600;font-size:.9rem;margin:0 0 1rem}
input,select{display:block;width:100%;margin-top:.25rem;padding:.6rem .7rem;font:inherit;font-weight:400;border:1px solid #9aa2b4;border-radius:8px;background:#fff;color:inherit}
input:focus-visible,select:focus-visible,button:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid #8f87f0;outline-offset:1px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
button{width:100%;padding:.75rem;font:inherit;font-weight:650;border:0;border-radius:8px;background:var(--go);color:#fff;cursor:pointer;margin-top:.5rem}
button.plain{background:#fff;color:var(--ink);border:1px solid #9aa2b4}
.fault{background:#fdecee;color:var(--bad);border-radius:8px;padding:.6rem .8rem;margin:0 0 1rem}
.back{display:inline-block;margin:0 0 1rem;color:var(--soft)}
details{margin-top:1.25rem;color:var(--soft);font-size:.9rem}
table{border-collapse:collapse;width:100%}td{padding:.2rem 0;vertical-align:top}td:first-child{white-space:nowrap;padding-right:1rem;font-variant-numeric:tabular-nums}
`;

/** A whole page; it needs no script and loads nothing. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${esc(title)}</title><style>${STYLE}</style></head>
<body><p class="strip" style="margin:0">Local Stripe simulator: no real money moves here.</p>
<main>${body}</main></body></html>`;
}

/** A page that only says something. */
export function notice(title: string, text: string, link?: { href: string; label: string }): string {
  return page(
    title,
    `<div class="card"><h1>${esc(title)}</h1><p>${esc(text)}</p>${link ? `<p><a href="${esc(link.href)}">${esc(link.label)}</a></p>` : ""}</div>`,
  );
}

export interface PageAnswer {
  status: number;
  html?: string;
  /** Where a 303 leads. */
  location?: string;
}

export const shows = (html: string, status = 200): PageAnswer => ({ status, html });
export const leads = (location: string): PageAnswer => ({ status: 303, location });
