import rooms from "./libs/journey/src/rooms.json" with { type: "json" };

const journey = "^libs/journey/src/";
const inOrder = [...rooms.foundations, ...rooms.story];
/** Folders that only read, across the whole story, for its pages; rooms.json may name some. */
const readers = rooms.reads ?? [];
/** Tests, and folders that hold what only tests use. */
const tests = "\\.test\\.tsx?$|/src/testing/";
const anyOf = (names) => `(${names.join("|")})`;

/** A room calls only rooms that stand before it in the story. Tests may set up whatever they need. */
const lookBack = rooms.story.slice(0, -1).map((room, place) => ({
  name: `look-back-${room}`,
  comment: "Look back by a call, hand forward by a job.",
  severity: "error",
  from: { path: `${journey}${room}/`, pathNot: tests },
  to: { path: `${journey}${anyOf(rooms.story.slice(place + 1))}/` },
}));

export default {
  forbidden: [
    ...lookBack,
    {
      name: "foundations-know-no-story",
      comment: "What every room stands on calls no room of the story.",
      severity: "error",
      from: { path: `${journey}${anyOf(rooms.foundations)}/`, pathNot: tests },
      to: { path: `${journey}${anyOf(rooms.story)}/` },
    },
    {
      name: "tables-of-the-story-are-pure",
      comment: "Stages and policy are read by every room and read none.",
      severity: "error",
      from: { path: `${journey}(stage|policy)\\.ts$` },
      to: { path: `${journey}${anyOf(inOrder)}/` },
    },
    {
      name: "room-without-a-place",
      comment: "Every folder of the journey stands in rooms.json, in the order of the story.",
      severity: "error",
      from: { path: `${journey}(?!${anyOf([...inOrder, ...readers])}/)[^/]+/`, pathNot: tests },
      to: {},
    },
    ...(readers.length > 0
      ? [
          {
            name: "no-room-asks-a-page",
            comment: "What is read for pages looks at rooms; no room looks back at it.",
            severity: "error",
            from: { path: `${journey}${anyOf(inOrder)}/`, pathNot: tests },
            to: { path: `${journey}${anyOf(readers)}/` },
          },
        ]
      : []),
    {
      name: "no-circle",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "stripe-only-in-the-vault",
      comment: "The vault is the only place that moves money.",
      severity: "error",
      from: { path: "^(apps|libs)/", pathNot: "^libs/(escrow|local-world)/" },
      to: { path: "(^|/)node_modules/stripe/" },
    },
    {
      name: "prisma-only-in-the-database",
      comment: "Everybody else uses the client that @freehold/database hands out.",
      severity: "error",
      from: { path: "^(apps|libs)/", pathNot: "^libs/database/" },
      to: { path: "(^|/)node_modules/@prisma/" },
    },
    {
      name: "no-nest-in-pure-parts",
      severity: "error",
      from: { path: "^libs/(values|contract|forge-verify|escrow/src/ledger|escrow/src/states)" },
      to: { path: "(^|/)node_modules/@nestjs/" },
    },
    {
      name: "world-stays-local",
      comment: "Production never imports what plays the internet, nor what only tests use.",
      severity: "error",
      from: { path: "^(apps/[^/]+|libs/(?!local-world|testing)[^/]+)/", pathNot: tests },
      to: { path: "^libs/(local-world|testing)/" },
    },
    {
      name: "tests-stay-tests",
      comment: "What only tests use is imported by tests.",
      severity: "error",
      from: { path: "^(apps|libs)/", pathNot: tests },
      to: { path: "/src/testing/|\\.test\\.tsx?$" },
    },
    {
      name: "not-into-dev-dependencies",
      comment: "What runs in production is installed there.",
      severity: "error",
      from: { path: "^(apps/(api|worker)/src|libs/(?!local-world|testing)[^/]+/src)/", pathNot: tests },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: { pathNot: "\\.react-router/" },
      to: { couldNotResolve: true, pathNot: "^\\./\\+types/|/\\+types/|virtual:|/generated/|/build/" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.base.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(/dist/|/build/|/generated/|/\\.react-router/)" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js"],
    },
  },
};
