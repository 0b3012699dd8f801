import type { CheckName } from "@freehold/forge-verify";

/** What each check asks, and what its answer does not prove: said on every release's page. */
export const checkWords: Readonly<Record<CheckName, { title: string; doesNotProve: string }>> = {
  "safe-address": {
    title: "A public address",
    doesNotProve: "That the server is honest: everything below is decided on our own copy.",
  },
  identity: {
    title: "The repository agreed on",
    doesNotProve: "That a person of this name owns it; only that it is the one named before people paid.",
  },
  "public-now": {
    title: "Public at this moment",
    doesNotProve: "That it stays public; that is what the looks during the window are for.",
  },
  mirror: { title: "Our own copy", doesNotProve: "Anything about the code itself; it is what we read." },
  reachable: {
    title: "On the agreed branch",
    doesNotProve: "That a project has accepted the code, unless the branch is the project's own.",
  },
  "new-since-baseline": {
    title: "New since the beginning",
    doesNotProve: "That the code never was public anywhere. Nobody can prove that; it can be disputed.",
  },
  licence: {
    title: "Under an open-source licence",
    doesNotProve: "That the author had every right to license it so, or that later versions keep this licence.",
  },
  "complete-source": {
    title: "All of the source",
    doesNotProve: "That it builds on your machine, or that the services it talks to are open as well.",
  },
  "same-as-preview": {
    title: "What was shown in the preview",
    doesNotProve: "That the preview really ran these files; only that the developer was bound to them from then on.",
  },
  preserved: {
    title: "Kept for everybody",
    doesNotProve:
      "That other archives have it too, or that the copy holds what submodules and large-file pointers lead to.",
  },
  held: {
    title: "Public all through the window",
    doesNotProve: "What happened between two looks.",
  },
  final: { title: "Once more at the end", doesNotProve: "What the owner does with the repository afterwards." },
};
