/**
 * Old mistakes in the form of names, addresses, dates, messages and modes, which many honest histories carry and nothing of
 * ours reads. Whatever concerns trees, paths, types, links and files of git's own stays refused.
 */
const harmless: readonly string[] = [
  "missingNameBeforeEmail",
  "missingSpaceBeforeEmail",
  "missingEmail",
  "badName",
  "badEmail",
  "missingSpaceBeforeDate",
  "badDate",
  "badDateOverflow",
  "zeroPaddedDate",
  "badTimezone",
  "missingAuthor",
  "missingCommitter",
  "multipleAuthors",
  "nulInCommit",
  "badTagName",
  "missingTagEntry",
  "missingTag",
  "missingTaggerEntry",
  "zeroPaddedFilemode",
];

/**
 * Settings under which git touches nothing but its mirror, speaks nothing but HTTP, follows nobody elsewhere and holds no
 * more in memory than it must: a pack of 2 GB is read through small windows, and a file above 16 MB is streamed.
 */
export const settings: readonly string[] = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.askPass=",
  "core.packedGitWindowSize=16m",
  "core.packedGitLimit=256m",
  "core.deltaBaseCacheLimit=64m",
  "core.bigFileThreshold=16m",
  "core.packedRefsTimeout=5000",
  "core.filesRefLockTimeout=5000",
  "credential.helper=",
  "http.followRedirects=false",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "http.proxy=",
  "http.saveCookies=false",
  "http.emptyAuth=false",
  "http.maxRequests=1",
  // The names of 50,000 tips in one request, so that no server has to understand a chunked one.
  "http.postBuffer=8m",
  "protocol.version=2",
  "protocol.allow=never",
  "protocol.https.allow=always",
  "protocol.http.allow=always",
  "transfer.fsckObjects=true",
  // A server may offer parts of its packs, or whole bundles, at other addresses: we go to none but its own.
  "transfer.bundleURI=false",
  "fetch.uriProtocols=",
  ...harmless.map((mistake) => `fetch.fsck.${mistake}=ignore`),
  "transfer.unpackLimit=1",
  "fetch.parallel=1",
  "fetch.recurseSubmodules=false",
  "fetch.writeCommitGraph=false",
  "submodule.recurse=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "pack.threads=1",
  "pack.windowMemory=64m",
  "pack.deltaCacheSize=64m",
];

/** All that git learns from its surroundings: no proxy, no password, no certificate store and no user of ours. */
export function environment(
  { home, programs }: { home: string; programs: string },
  maxMemoryBytes: number,
  alternates: readonly string[],
): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    GIT_EXEC_PATH: programs,
    HOME: home,
    XDG_CONFIG_HOME: home,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "http:https",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_NO_LAZY_FETCH: "1",
    // A path is a path, also when somebody calls a file ":(exclude)x" or "*".
    GIT_LITERAL_PATHSPECS: "1",
    GIT_ALLOC_LIMIT: String(Math.floor(maxMemoryBytes / 2)),
    ...(alternates.length > 0 ? { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates.join(":") } : {}),
  };
}
