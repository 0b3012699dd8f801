/** One commit of a seeded repository. A file is its text, or the licence whose full text stands in it. */
export interface SeedStep {
  message: string;
  by?: string;
  files: Record<string, string | { licence: string; holder?: string }>;
}

interface SeedRepository {
  owner: string;
  name: string;
  isPrivate?: boolean;
  history: readonly SeedStep[];
}

const larkspur: readonly SeedStep[] = [
  {
    message: "Start Larkspur, a small reader for long articles",
    by: "erin",
    files: {
      LICENSE: { licence: "MIT", holder: "The Larkspur contributors" },
      "README.md": "# Larkspur\n\nA small reader for long articles. No account, no tracking.\n",
      "package.json": '{\n  "name": "larkspur",\n  "version": "0.1.0",\n  "license": "MIT",\n  "type": "module"\n}\n',
      "src/reader.js": "export const lines = (text) => text.split(/\\r?\\n/);\n",
    },
  },
  {
    message: "Estimate the reading time",
    by: "erin",
    files: {
      "src/minutes.js":
        "/** Minutes to read a text at 230 words a minute, at least one. */\nexport const minutes = (text) => Math.max(1, Math.round(text.split(/\\s+/).length / 230));\n",
    },
  },
  {
    message: "Remember where the reader stopped",
    by: "dave",
    files: {
      "src/bookmark.js":
        "const places = new Map();\nexport const stop = (article, line) => places.set(article, line);\nexport const resume = (article) => places.get(article) ?? 0;\n",
    },
  },
  {
    message: "Say in the readme what Larkspur will not do",
    by: "erin",
    files: {
      "README.md":
        "# Larkspur\n\nA small reader for long articles. No account, no tracking.\n\nIt will not: rank, recommend, or send mail.\n",
    },
  },
];

const knotwork: readonly SeedStep[] = [
  {
    message: "Draw a plain knot from a grid",
    files: {
      LICENSE: { licence: "Apache-2.0", holder: "Knotwork" },
      "README.md": "# Knotwork\n\nDraws interlaced borders as SVG.\n",
      "knot.py": "def cell(x, y):\n    return (x + y) % 2\n",
    },
  },
  {
    message: "Write SVG",
    files: { "svg.py": "def path(points):\n    return 'M' + ' L'.join(f'{x} {y}' for x, y in points)\n" },
  },
  {
    message: "Close the border at the corners",
    files: { "corner.py": "CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))\n" },
  },
];

const skylight: readonly SeedStep[] = [
  {
    message: "Show tonight's sky for a place",
    files: {
      COPYING: { licence: "AGPL-3.0-only" },
      "README.md": "# Skylight\n\nTonight's sky, on paper or on screen.\n",
      "sky.rb": "def hour_angle(sidereal, right_ascension) = (sidereal - right_ascension) % 24\n",
    },
  },
  { message: "Name the bright stars", files: { "stars.csv": "name,magnitude\nSirius,-1.46\nVega,0.03\n" } },
];

const knotworkImport: readonly SeedStep[] = [
  {
    message: "Read a hand-drawn knot from a photograph",
    files: {
      LICENSE: { licence: "MIT" },
      "README.md": "# knotwork-import\n\nReads a drawn knot and gives Knotwork its grid.\n",
      "import.py": "def threshold(pixel):\n    return pixel < 128\n",
    },
  },
  {
    message: "Straighten the page first",
    files: { "straighten.py": "def angle(edges):\n    return sum(edges) / len(edges)\n" },
  },
  {
    message: "Accept several pages",
    files: { "pages.py": "def pages(paths):\n    return [open(p, 'rb').read() for p in paths]\n" },
  },
];

/** The repositories of the story. dave/larkspur is made as a fork of larkspur/larkspur. */
export const seedHistories: { github: readonly SeedRepository[]; tangled: readonly SeedRepository[] } = {
  github: [
    { owner: "larkspur", name: "larkspur", history: larkspur },
    { owner: "knotwork", name: "knotwork", history: knotwork },
    { owner: "erin", name: "skylight", history: skylight },
    {
      owner: "dave",
      name: "unlicensed",
      history: [
        { message: "A script without a licence yet", files: { "README.md": "# unlicensed\n", "a.sh": "echo hello\n" } },
      ],
    },
    {
      owner: "dave",
      name: "private-work",
      isPrivate: true,
      history: [
        {
          message: "Work that is not out yet",
          files: { LICENSE: { licence: "MIT" }, "README.md": "# private-work\n", "draft.js": "export {};\n" },
        },
      ],
    },
  ],
  tangled: [
    { owner: "judy", name: "knotwork-import", history: knotworkImport },
    { owner: "judy", name: "larkspur", history: larkspur },
  ],
};
