export { BareRepository, type Author, type Branch, type CommitInput, type CommitSummary } from "./bare-repository.ts";
export { forgeModes, type ForgeMode } from "./git-http.ts";
export { startGitHub, type GitHubRepository, type LocalGitHub, type ModeScope } from "./github.ts";
export {
  startKnot,
  type CreateRecord,
  type KnotNamed,
  type KnotOptions,
  type KnotRepository,
  type LocalKnot,
} from "./knot.ts";
export { licenceText } from "./licence-text.ts";
export { seedRepositories, type SeedPeople } from "./seed.ts";
