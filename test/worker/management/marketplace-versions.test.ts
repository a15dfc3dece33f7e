import { expect, test } from "vitest";
import { manage, type Json } from "../support/management-client.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";
const PUBLISHED = "2026-10-02T10:00:00Z";
const PUBLISHED_AT = Date.parse(PUBLISHED);

const importFrom = async (source: string, asOf: number, ...servers: object[]) => {
  const entries = servers.map((server) => ({
    server,
    _meta: { [OFFICIAL]: { status: "active", publishedAt: PUBLISHED, updatedAt: PUBLISHED } },
  }));
  const { body } = await manage("POST", "/marketplace/imports", {
    source,
    asOf,
    page: { servers: entries },
  });
  expect(body.rejected).toEqual([]);
};
const npm = (parts: object = {}) => ({
  packages: [{ registryType: "npm", identifier: "versions-merlin", version: "1.0.0", ...parts }],
});
const remote = (url: string) => ({ remotes: [{ type: "streamable-http", url }] });
const list = async (name: string): Promise<Json[]> =>
  (await manage("GET", `/marketplace/servers/${name}/versions`)).body.items;
const compare = async (name: string, from: string) =>
  (await manage("GET", `/marketplace/servers/${name}/comparison?from=${from}`)).body;

test("a server's versions are kept with their date and source, and each says what has changed, the important first", async () => {
  const name = "com.example.versions/merlin";
  await importFrom("official", 1_000, { name, version: "1.0.0", title: "Merlin", ...npm() });
  expect(await list(name)).toEqual([
    {
      version: "1.0.0",
      source: "official",
      publishedAt: PUBLISHED_AT,
      seenAt: null,
      changes: null,
    },
  ]);
  const key = { name: "MERLIN_KEY", isSecret: true, isRequired: true };
  await importFrom("official", 2_000, {
    name,
    version: "1.1.0",
    title: "Merlin 2",
    ...npm({ environmentVariables: [key] }),
    ...remote("https://merlin.example.com/mcp"),
  });
  const [present, former, ...others] = await list(name);
  expect(others).toEqual([]);
  expect(present).toMatchObject({ version: "1.1.0", seenAt: 2_000 });
  expect(present.changes.map(({ kind, isImportant }: Json) => [kind, isImportant])).toEqual([
    ["host", true],
    ["secret", true],
    ["transport", true],
    ["title", false],
  ]);
  expect(present.changes[1]).toEqual({
    kind: "secret",
    isImportant: true,
    name: "MERLIN_KEY",
    from: null,
    to: "required",
  });
  expect(former).toMatchObject({ version: "1.0.0", source: "official", changes: null });
  expect(await compare(name, "1.0.0")).toEqual({
    from: "1.0.0",
    to: "1.1.0",
    changes: present.changes,
  });
  expect((await compare(name, "1.1.0")).changes).toEqual([]);
  expect((await compare(name, "0.9.0")).changes).toBeNull();
});

test("a change within a version is kept, and one of texts alone is no version", async () => {
  const name = "com.example.versions/dunnock";
  const entry = { name, version: "1.0.0", ...npm() };
  await importFrom("versions-files", 1_000, entry);
  await importFrom("versions-files", 2_000, { ...entry, description: "Another description." });
  expect(await list(name)).toHaveLength(1);
  await importFrom("versions-files", 3_000, { ...entry, ...npm({ identifier: "versions-other" }) });
  const [present, ...former] = await list(name);
  expect(former).toHaveLength(1);
  expect(present).toMatchObject({ version: "1.0.0", source: "versions-files", seenAt: 3_000 });
  expect(present.changes).toMatchObject([
    { kind: "package", from: "npm:versions-merlin", to: "npm:versions-other" },
    { kind: "description", from: "Another description.", to: null },
  ]);
});

test("another source that describes a server is no new version, and the versions of one source are compared with its own", async () => {
  const name = "com.example.versions/redstart";
  const own = (version: string) => ({ name, version, ...npm({ version }) });
  await importFrom("versions-files", 1_000, own("4.1.0"));
  await importFrom("versions-files", 2_000, own("4.1.1"));
  await importFrom("official", 3_000, own("1.0.31"));
  expect(await list(name)).toMatchObject([
    { version: "1.0.31", source: "official", seenAt: 3_000, changes: null },
  ]);
  // A server that was made from the other source is compared with its state.
  expect((await compare(name, "4.1.1")).changes).toMatchObject([{ kind: "package-version" }]);
  await importFrom("official", 4_000, own("1.0.32"));
  const [present, former, ...others] = await list(name);
  expect(others).toEqual([]);
  expect(present.changes).toMatchObject([{ from: "1.0.31", to: "1.0.32" }]);
  expect(former).toMatchObject({ version: "1.0.31", seenAt: 3_000, changes: null });
  const meta = { [OFFICIAL]: { status: "deleted" } };
  const page = { servers: [{ server: { name }, _meta: meta }] };
  await manage("POST", "/marketplace/imports", { source: "official", asOf: 5_000, page });
  expect(await list(name)).toMatchObject([
    { version: "4.1.1", source: "versions-files", seenAt: 2_000 },
    { version: "4.1.0", seenAt: null },
  ]);
});

test("a server has its last 20 former states, and none that it had before it was deleted", async () => {
  const name = "com.example.versions/fieldfare";
  for (let version = 0; version <= 22; version += 1)
    await importFrom("versions-files", version, { name, version: `1.${version}.0` });
  const versions = (await list(name)).map(({ version }) => version);
  expect(versions).toEqual(Array.from({ length: 21 }, (_, place) => `1.${22 - place}.0`));
  expect((await list(name))[20]).toMatchObject({ seenAt: null, changes: null });
  const meta = { [OFFICIAL]: { status: "deleted" } };
  await manage("POST", "/marketplace/imports", {
    source: "versions-files",
    page: { servers: [{ server: { name }, _meta: meta }] },
  });
  expect((await manage("GET", `/marketplace/servers/${name}/versions`)).status).toBe(404);
  await importFrom("versions-files", 30, { name, version: "2.0.0" });
  expect(await list(name)).toHaveLength(1);
});

test("a state that is too large is kept without its content, and what has changed since is not known", async () => {
  const name = "com.example.versions/large";
  const environmentVariables = Array.from({ length: 9 }, (_, place) => ({
    name: `LARGE_${place}`,
    description: "x".repeat(9_000),
  }));
  await importFrom("versions-files", 1_000, {
    name,
    version: "1.0.0",
    ...npm({ environmentVariables }),
  });
  await importFrom("versions-files", 2_000, { name, version: "2.0.0" });
  expect(await list(name)).toMatchObject([
    { version: "2.0.0", seenAt: 2_000, changes: null },
    { version: "1.0.0", changes: null },
  ]);
});

test("a publisher has its servers in pages, and only what the official registry proves is a badge", async () => {
  const namespace = "io.github.VersionsOwl";
  const own = (name: string, url: string) => ({
    name: `${namespace}/${name}`,
    version: "1.0.0",
    repository: { url },
  });
  await importFrom(
    "official",
    1_000,
    own("one", "https://github.com/versionsowl/one"),
    own("two", "https://github.com/versionsowl/../somebody/two"),
  );
  await importFrom("versions-files", 1_000, own("three", "https://github.com/versionsowl/three"));
  const read = async (query = "") =>
    (await manage("GET", `/marketplace/publishers/${namespace.toLowerCase()}${query}`)).body;
  const first = await read("?limit=2");
  expect(first).toMatchObject({ namespace, servers: 3, hostedBy: null });
  const evidence = "https://registry.modelcontextprotocol.io/v0.1/servers";
  expect(first.badges).toEqual([
    {
      badge: "registry-verified",
      subject: namespace,
      evidence: `${evidence}?search=${namespace}%2F&version=latest`,
      servers: 2,
    },
    {
      badge: "repository-owner",
      subject: "VersionsOwl",
      evidence: "https://github.com/VersionsOwl",
      servers: 1,
    },
  ]);
  const rest = await read(`?limit=2&cursor=${first.nextCursor}`);
  expect(rest.nextCursor).toBeNull();
  const names = [...first.items, ...rest.items].map(({ name }: Json) => name);
  expect(new Set(names)).toEqual(
    new Set(["one", "three", "two"].map((name) => `${namespace}/${name}`)),
  );
  expect(names).toHaveLength(3);
  const badgesOf = async (name: string) =>
    (await manage("GET", `/marketplace/servers/${namespace}/${name}`)).body.badges.map(
      ({ badge }: Json) => badge,
    );
  expect(await badgesOf("one")).toEqual(["registry-verified", "repository-owner"]);
  expect(await badgesOf("two")).toEqual(["registry-verified"]);
  expect(await badgesOf("three")).toEqual([]);
  expect((await manage("GET", "/marketplace/publishers/versions.nobody")).status).toBe(404);
});

test("a namespace of a domain is verified as that domain, and one of a hosting service says who hosts", async () => {
  await importFrom(
    "official",
    1_000,
    { name: "com.versions-owl.mcp/one", version: "1.0.0" },
    { name: "ai.smithery/versions-owl-one", version: "1.0.0" },
  );
  const own = (await manage("GET", "/marketplace/servers/com.versions-owl.mcp/one")).body;
  expect(own).toMatchObject({
    hostedBy: null,
    badges: [
      {
        badge: "registry-verified",
        evidence:
          "https://registry.modelcontextprotocol.io/v0.1/servers/com.versions-owl.mcp%2Fone/versions/latest",
      },
      { badge: "domain-verified", subject: "mcp.versions-owl.com" },
    ],
  });
  const wrapper = (await manage("GET", "/marketplace/publishers/ai.smithery")).body;
  expect(wrapper.hostedBy).toBe("Smithery");
});
