import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toIdentityKeys, toRepositoryKey } from "../../../workers/marketplace/identity.ts";
import { mergeDocuments } from "../../../workers/marketplace/merge.ts";
import { readPage, type RegistryEntry } from "../../../workers/marketplace/registry-page.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";

const entry = (name: string, server: object = {}, meta: object = {}) => ({
  server: { name, version: "1.0.0", ...server },
  _meta: { [OFFICIAL]: meta },
});
const read = (...servers: unknown[]) => readPage({ servers });
const readOne = (server: object = {}, meta: object = {}): RegistryEntry => {
  const { entries, rejected } = read(entry("com.example/one", server, meta));
  expect(rejected).toEqual([]);
  const [found] = entries;
  if (!found) throw new Error("the entry was not read");
  return found;
};

test("what an entry leaves out, empties or sets to null is not known", () => {
  const { document } = readOne({ title: "", repository: {}, packages: null });
  expect(document).toEqual({
    name: "com.example/one",
    title: null,
    description: null,
    version: "1.0.0",
    websiteUrl: null,
    repository: null,
    icons: [],
    packages: [],
    remotes: [],
  });
});

test("the times and the status of the registry are read, and a deprecation has its reason", () => {
  const meta = {
    status: "deprecated",
    statusMessage: "use com.example/two",
    publishedAt: "2026-01-02T03:04:05.678Z",
    updatedAt: "not a time",
    isLatest: false,
  };
  expect(readOne({}, meta)).toMatchObject({
    status: "deprecated",
    statusMessage: "use com.example/two",
    publishedAt: Date.parse("2026-01-02T03:04:05.678Z"),
    updatedAt: null,
    isLatest: false,
  });
});

test("a time in the future is not known", () => {
  const meta = { publishedAt: "2099-01-01T00:00:00Z", updatedAt: "9999-12-31T00:00:00Z" };
  expect(readOne({}, meta)).toMatchObject({ publishedAt: null, updatedAt: null });
});

test("a deleted entry is read by its name, whatever else it has", () => {
  const { deleted, rejected } = read(
    entry("com.example/gone", { packages: 5 }, { status: "deleted" }),
  );
  expect({ deleted, rejected }).toEqual({ deleted: ["com.example/gone"], rejected: [] });
});

test.each<[string, unknown, string]>([
  ["a wrong type", entry("com.example/bad", { packages: "none" }), "server.packages: "],
  [
    "a number as the description",
    entry("com.example/bad", { description: 42 }),
    "server.description: ",
  ],
  ["a name without a namespace", entry("bad"), "server.name: "],
  ["dots as its name", entry("com.example/.."), "server.name: "],
  ["dots as its namespace", entry("../bad"), "server.name: "],
  ["no server", { _meta: {} }, "server: "],
  [
    "more than 250,000 characters",
    entry("com.example/bad", { title: "x".repeat(300_000) }),
    "it has ",
  ],
])("an entry with %s costs itself, with a reason", (_what, broken, reason) => {
  const { entries, rejected } = read(entry("com.example/a"), broken, entry("com.example/b"));
  expect(entries.map(({ document }) => document.name)).toEqual(["com.example/a", "com.example/b"]);
  expect(rejected).toMatchObject([{ position: 1, reason: expect.stringContaining(reason) }]);
});

test("whatever stands in the place of an entry, the others are read", () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({ server: fc.jsonValue(), _meta: fc.jsonValue() }),
    fc
      .dictionary(fc.constantFrom("packages", "remotes", "icons", "repository"), fc.jsonValue())
      .map((server) => entry("com.example/odd", server)),
  );
  fc.assert(
    fc.property(anything, (odd) => {
      const { entries } = read(entry("com.example/a"), odd, entry("com.example/b"));
      const names = entries.map(({ document }) => document.name);
      expect([names[0], names.at(-1)]).toEqual(["com.example/a", "com.example/b"]);
    }),
  );
});

test.each([
  "http://example.com/",
  "https://localhost/",
  "https://169.254.169.254/latest/meta-data",
  "https://[fd00::1]/",
  "https://10.1.2.3/icon.png",
  "https://wiki.internal/",
  "https://user:secret@example.com/",
  "https://github.com@example.com/",
  "https://example.com\\@github.com/acme/tools",
  "https:\\\\github.com\\acme\\tools",
  "javascript:alert(1)",
  "data:image/svg+xml,<svg/>",
])("the URL %s is left out of repository, website and icons", (url) => {
  const { document } = readOne({
    repository: { url, source: "github" },
    websiteUrl: url,
    icons: [{ src: url }, { src: "https://example.com/icon.png" }],
  });
  expect(document.repository).toBeNull();
  expect(document.websiteUrl).toBeNull();
  expect(document.icons.map(({ src }) => src)).toEqual(["https://example.com/icon.png"]);
});

test.each([
  ["https://github.com/victim/tool/../../acme/./%2e%2e/acme/x", "https://github.com/acme/x"],
  ["https://git\nhub.com/ac\tme/x ", "https://github.com/acme/x"],
  ["https:github.com/acme/x", "https://github.com/acme/x"],
  ["https://:@GitHub.com:443/acme/x", "https://github.com/acme/x"],
  ["https://g\u0456thub.com/acme/x", "https://xn--gthub-n2e.com/acme/x"],
  ["https://example.com", "https://example.com"],
])("the URL %j is read as browsers read it: %s", (url, expected) => {
  const { document } = readOne({ repository: { url }, websiteUrl: url, icons: [{ src: url }] });
  const { repository, websiteUrl, icons } = document;
  expect([repository?.url, websiteUrl, icons[0]?.src]).toEqual([expected, expected, expected]);
});

test("genuine faults of entries are mended: variables without a name, arguments without a type", () => {
  const { document } = readOne({
    packages: [
      {
        registryType: "npm",
        identifier: "one",
        environmentVariables: [{ name: "" }, { name: "KEY" }],
        packageArguments: [
          { type: "", name: "--port" },
          { type: "", value: "serve" },
          { name: "x" },
        ],
      },
    ],
  });
  const [item] = document.packages;
  expect(item?.transport.type).toBe("stdio");
  expect(item?.environmentVariables.map(({ name }) => name)).toEqual(["KEY"]);
  expect(item?.packageArguments.map(({ type }) => type)).toEqual([
    "named",
    "positional",
    "positional",
  ]);
});

test.each([
  "https://github.com/Acme/Tools",
  "https://github.com/acme/tools.git",
  "https://www.github.com/acme/tools/",
  "git+https://github.com/acme/tools.git",
  "git@github.com:acme/tools.git",
  "https://github.com/acme/tools/tree/main",
])("the repository URL %s has the key of its repository", (url) => {
  expect(toRepositoryKey(url, null)).toBe("github.com/acme/tools");
});

test("folders of one repository have keys of their own", () => {
  const url = "https://github.com/acme/tools";
  expect(toRepositoryKey(url, "./Servers/one/")).toBe("github.com/acme/tools/Servers/one");
  expect(toRepositoryKey(`${url}/tree/main/Servers/one`, null)).toBe(
    "github.com/acme/tools/Servers/one",
  );
  expect(toRepositoryKey("https://gitlab.com/acme/tools/-/tree/main/one", null)).toBe(
    "gitlab.com/acme/tools/one",
  );
});

test("entries share a key if they have the same name, or the same package of the same repository", () => {
  const keysOf = (name: string, url: string, registryType: string, identifier: string) => {
    const server = { repository: { url }, packages: [{ registryType, identifier }] };
    const [found] = read(entry(name, server)).entries;
    return found ? toIdentityKeys(found.document) : [];
  };
  const shares = (a: string[], b: string[]) => a.some((key) => b.includes(key));
  const home = "https://github.com/acme/tools";
  const one = keysOf("com.example/one", home, "pypi", "Acme_Tools");
  expect(shares(one, keysOf("io.github.acme/tools", `${home}.git`, "pypi", "acme-tools"))).toBe(
    true,
  );
  expect(shares(one, keysOf("com.example/ONE", "https://github.com/x/y", "npm", "z"))).toBe(true);
  expect(
    shares(one, keysOf("io.github.thief/x", "https://github.com/thief/x", "pypi", "acme-tools")),
  ).toBe(false);
  expect(shares(one, keysOf("io.github.acme/two", home, "npm", "acme-tools"))).toBe(false);
  const image = keysOf("com.example/image", home, "oci", "docker.io/acme/tools:1.2");
  expect(shares(image, keysOf("x.y/z", home, "oci", "acme/tools@sha256:00"))).toBe(true);
});

test("the first source alone describes a server, and the first one with ways to run it says how, each with its time", () => {
  const first = readOne({ title: "One" }).document;
  const second = readOne({
    title: "Other",
    description: "What it does",
    websiteUrl: "https://other.example",
    repository: { url: "https://github.com/other/other" },
    icons: [{ src: "https://other.example/icon.png" }],
    remotes: [{ type: "sse", url: "https://example.com/sse" }],
  }).document;
  const { document, provenance } = mergeDocuments([
    { source: "official", asOf: 1, document: first },
    { source: "other", asOf: 2, document: second },
  ]);
  expect(document).toMatchObject({
    title: "One",
    description: null,
    websiteUrl: null,
    repository: null,
    icons: [],
  });
  expect(document.remotes).toHaveLength(1);
  expect(provenance).toEqual({
    title: { source: "official", asOf: 1 },
    version: { source: "official", asOf: 1 },
    remotes: { source: "other", asOf: 2 },
  });
});

test("an entry with a name that is none is named by it, made visible, with a reason in words", () => {
  const { rejected } = read(
    entry("com.example/a\u202eb"),
    entry(`com.example ${"x".repeat(300)}`),
    [],
  );
  expect(rejected.map(({ name }) => name)).toEqual([
    "com.example/a\\u{202e}b",
    `com.example ${"x".repeat(188)}…`,
    null,
  ]);
  for (const { reason } of rejected) expect(reason).toMatch(/^[a-z][^/\\]*$/);
});

test("titles and descriptions have a length that lists can show", () => {
  const { entries } = read(
    entry("com.example/long", { title: "t".repeat(4_000), description: "d".repeat(9_000) }),
  );
  expect(entries[0]?.document.title).toBe(`${"t".repeat(199)}…`);
  expect(entries[0]?.document.description).toBe(`${"d".repeat(1_999)}…`);
});
