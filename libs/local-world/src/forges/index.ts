export { BareRepository, type Author, type Branch, type CommitInput, type CommitSummary } from "./bare-repository.ts";
export { forgeModes, type ForgeMode } from "./git-http.ts";
export { startGitHub } from "./github.ts";
export type { GitHubRepository, LocalGitHub, ModeScope, NamedOnGitHub } from "./local-github.ts";
export { startKnot } from "./knot.ts";
export type { CreateRecord, KnotNamed, KnotOptions, KnotRepository, LocalKnot } from "./local-knot.ts";
export { licenceText } from "./licence-text.ts";
export { seedRepositories, type SeedPeople } from "./seed.ts";
