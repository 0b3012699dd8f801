/* <freehold-feature feature="ID">fallback link</freehold-feature>
   "Fund this feature": title, stage, amount, link. No cookies, no innerHTML, no inline style attribute: it runs under a strict
   content security policy of the host page. Without JavaScript, or when Freehold is away, the link inside stays. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: inline-block; max-width: 100%; font: 16px/24px Georgia, serif; --ink: #16211f; --quiet: #52605c; --sheet: #fff; --line: #c3ccc8; --enamel: #0f5c4a; }
:host([theme="dark"]) { --ink: #e8eeeb; --quiet: #a3b1ac; --sheet: #18211e; --line: #3a4843; --enamel: #6ccbaf; }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { --ink: #e8eeeb; --quiet: #a3b1ac; --sheet: #18211e; --line: #3a4843; --enamel: #6ccbaf; } }
a { display: block; padding: 12px 16px; border: 1px solid var(--line); border-radius: 6px; background: var(--sheet); color: var(--ink); text-decoration: none; }
a:hover strong { text-decoration: underline; }
a:focus-visible { outline: 3px solid var(--enamel); outline-offset: 2px; }
strong { display: block; font-weight: 600; }
span { display: block; color: var(--quiet); font-size: 14px; line-height: 20px; font-variant-numeric: tabular-nums lining-nums; }
span.fund { color: var(--enamel); font-weight: 600; }
`);
const origin = new URL(import.meta.url).origin;

customElements.define(
  "freehold-feature",
  class extends HTMLElement {
    static observedAttributes = ["feature"];
    #abort;
    #root = this.attachShadow({ mode: "open" });

    connectedCallback() {
      this.#root.adoptedStyleSheets = [sheet];
      this.#root.replaceChildren(document.createElement("slot"));
      void this.#load();
    }

    disconnectedCallback() {
      this.#abort?.abort();
    }

    attributeChangedCallback(_name, before, after) {
      if (before !== null && before !== after && this.isConnected) void this.#load();
    }

    async #load() {
      const feature = this.getAttribute("feature");
      if (!feature) return;
      this.#abort?.abort();
      this.#abort = new AbortController();
      try {
        const response = await fetch(`${origin}/w/1/features/${encodeURIComponent(feature)}.json`, {
          credentials: "omit",
          referrerPolicy: "no-referrer",
          signal: this.#abort.signal,
        });
        if (!response.ok) throw new Error(String(response.status));
        this.#show(await response.json());
      } catch (error) {
        // The host page's own fallback link stays where it is.
        if (error.name !== "AbortError") this.#root.replaceChildren(document.createElement("slot"));
      }
    }

    #show({ title, project, line, stage, url }) {
      const link = document.createElement("a");
      link.href = url;
      link.rel = "noopener";
      const name = document.createElement("strong");
      name.textContent = title;
      const where = document.createElement("span");
      where.textContent = `${project} · ${line}`;
      const fund = document.createElement("span");
      fund.className = "fund";
      fund.textContent = stage === "settled" ? "Set free on Freehold" : "Fund this feature on Freehold";
      link.append(name, where, fund);
      this.#root.replaceChildren(link);
    }
  },
);
