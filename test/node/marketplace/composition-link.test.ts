import { expect, test } from "vitest";
import {
  checkComposition,
  listSizeWarnings,
} from "../../../workers/contract/composition/check-composition.ts";
import {
  decodeComposition,
  encodeComposition,
} from "../../../workers/contract/composition/composition-link.ts";
import {
  toAddressDocument,
  type Composition,
} from "../../../workers/contract/composition/composition.ts";
import { toAddressItem } from "../../../workers/contract/composition/open-address.ts";
import {
  shareValues,
  toCatalogueItem,
} from "../../../workers/contract/composition/shared-values.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";

/** Numbers of a fixed sequence (mulberry32), so that a failure can be repeated. */
function makeRandom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ["API_KEY", "REGION", "GITHUB_TOKEN", "PROJECT", "DATABASE_URL", "PLAIN", "PASSWORD"];

/** A server whose variables are at each place where one can be. */
function makeDocument(random: (below: number) => number, number: number): ServerDocument {
  const pick = () => NAMES[random(NAMES.length)] ?? "X";
  const input = () => ({ name: pick(), isSecret: random(2) === 0, isRequired: random(2) === 0 });
  return ServerDocument.parse({
    name: `com.example.property/s${number}`,
    version: "1.0.0",
    packages: [
      {
        registryType: ["npm", "pypi", "oci"][random(3)],
        identifier: `example${number}`,
        version: "1.0.0",
        environmentVariables: [input(), input()],
        packageArguments: [{ ...input(), type: "named", name: "--flag" }],
      },
    ],
    remotes: [
      {
        type: "streamable-http",
        url: "https://{HOST}.example.com/{PATH}",
        variables: { HOST: input(), PATH: input() },
        headers: [
          { ...input(), name: "X-Key" },
          { name: "X-Text", value: "{A}", variables: { A: input() } },
        ],
      },
    ],
  });
}

/** The text of a link as a reader of the fragment unpacks it. */
async function unpack(link: string): Promise<string> {
  const { composition } = await decodeComposition(link);
  return JSON.stringify(composition);
}

test("no link has the value of a secret variable, and each value that it has comes back as it was", async () => {
  const random = makeRandom(7);
  for (let round = 0; round < 120; round++) {
    const documents = Array.from({ length: 1 + random(4) }, (_, index) =>
      makeDocument(random, round * 10 + index),
    );
    const secrets: string[] = [];
    const open: string[] = [];
    const servers = documents.map((document) => {
      const declared = JSON.stringify(document);
      const ids = [
        ...NAMES.map((name) => `environment:${name}`),
        "package:0",
        "header:x-key",
        "header:x-text:A",
        "url:HOST",
        "url:PATH",
      ];
      const values = Object.fromEntries(ids.map((id) => [id, `val-${round}-${random(1e9)}`]));
      const shared = new Set(shareValues(document, values).values.map(([id]) => id));
      // What is a secret is decided here by hand, from what the entry declares.
      for (const [id, value] of Object.entries(values)) {
        const name = id.split(":").at(-1) ?? "";
        const isSecret =
          /KEY|TOKEN|PASS|DATABASE_URL/i.test(name) ||
          new RegExp(`"isSecret":true[^{}]*"name":"${name}"`).test(declared);
        if (isSecret && id.startsWith("environment:")) secrets.push(value);
        if (shared.has(id)) open.push(value);
      }
      secrets.push(values["header:x-key"] ?? "");
      return toCatalogueItem(document, values);
    });
    const composition: Composition = { v: 1, servers };
    const link = await encodeComposition(composition);
    const text = await unpack(link);
    for (const secret of secrets) expect(text).not.toContain(secret);
    for (const value of open) expect(text).toContain(value);
    expect((await decodeComposition(link)).composition).toEqual(composition);
  }
});

test("a value that looks like a key is not shared, whatever its variable is called", () => {
  const document = ServerDocument.parse({
    name: "com.example/plain",
    packages: [
      { registryType: "npm", identifier: "plain", environmentVariables: [{ name: "REGION" }] },
    ],
  });
  const share = (value: string) => shareValues(document, { "environment:REGION": value });
  expect(share("eu-west-1").values).toHaveLength(1);
  for (const value of [
    "ghp_0123456789abcdefghijABCDEFGHIJ0123",
    "sk-ant-api03-0123456789abcdef",
    "postgres://user:hunter2@db/x",
    "Bearer abcdefghijk",
    "a1B2c3D4e5F6g7H8i9J0k1L2",
    "line\nbreak",
    "zero\u200bwidth",
  ])
    expect({ value, ...share(value) }).toEqual({ value, values: [], leftOut: ["REGION"] });
});

test("the address of a workspace’s server is shared without anything that can be a key", () => {
  const item = toAddressItem({
    slug: "own",
    url: "https://a1b2c3d4e5f6a7b8c9d0e1f2.example.com/token/x/AbCd1234EfGh5678IjKl9012/mcp?key=abc&region=eu#frag",
    transport: "streamable-http",
    headers: ["Authorization", "x-region", "authorization"],
  });
  expect(item).toEqual({
    from: "address",
    key: "own",
    url: "https://{host-1}.example.com/token/{part-2}/{part-3}/mcp?key={key}&region={region}",
    type: "streamable-http",
    headers: ["authorization", "x-region"],
  });
  const [remote] = item ? toAddressDocument(item).remotes : [];
  expect(Object.keys(remote?.variables ?? {})).toEqual([
    "host-1",
    "part-2",
    "part-3",
    "key",
    "region",
  ]);
  expect(remote?.headers.every(({ isSecret }) => isSecret)).toBe(true);
});

/** A link with any text in it. */
async function pack(text: string, version = 1): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = Buffer.from(await new Response(stream).arrayBuffer());
  return `${version}.${bytes.toString("base64url")}`;
}

const entry = (change: object) =>
  JSON.stringify({
    v: 1,
    servers: [{ from: "catalogue", name: "com.example/x", version: null, values: [], ...change }],
  });

test.each([
  ["nothing", "", "damaged or cut"],
  ["no base64", "1.%%%", "damaged or cut"],
  ["no DEFLATE", "1.AAAAAAAA", "damaged or cut"],
  ["of another version", await pack(entry({}), 2), "the form 2"],
  ["too long", `1.${"A".repeat(17_000)}`, "longer than 16000"],
  ["a bomb", await pack("[".repeat(8_000_000)), "unpacks to more than 128 KB"],
  ["nested deeply", await pack("[".repeat(60_000) + "]".repeat(60_000)), "was made by hand"],
  [
    "with a prototype key",
    await pack(`{"v":1,"servers":[{"__proto__":{"from":"catalogue"}}]}`),
    "member named __proto__",
  ],
  ["with a constructor", await pack(entry({ constructor: 1 })), "member named constructor"],
  [
    "with a look-alike letter in a name",
    await pack(entry({ name: "com.ехаmple/x" })),
    "servers.0.name",
  ],
  [
    "with a hidden character",
    await pack(entry({ values: [["environment:A", "a\u202eb"]] })),
    "does not see",
  ],
  ["with a command", await pack(entry({ command: "bash" })), "servers.0"],
  [
    "with too many servers",
    await pack(JSON.stringify({ v: 1, servers: Array.from({ length: 41 }, () => ({})) })),
    "servers",
  ],
  [
    "with a server twice",
    await pack(
      JSON.stringify({
        v: 1,
        servers: [1, 2].map(() => ({
          from: "catalogue",
          name: "com.example/x",
          version: null,
          values: [],
        })),
      }),
    ),
    "a server is in it twice",
  ],
  ["with no text", await pack("\ud800 no json"), "was made by hand"],
])("a link that is %s is refused in plain words", async (_what, link, words) => {
  const { composition, problem } = await decodeComposition(link);
  expect(composition).toBeNull();
  expect(problem).toContain(words);
  expect({}).not.toHaveProperty("from");
});

test("names that collide, tools of several servers and the limit of a client are found; what is unknown is said", () => {
  const tools = (count: number, first = "search") =>
    Array.from({ length: count }, (_, index) => ({
      name: index === 0 ? first : `${first}-${count}-${index}`,
      tokens: 500,
    }));
  const check = checkComposition([
    { key: "weather", wantedKey: "weather", tools: tools(60) },
    { key: "weather-2", wantedKey: "weather", tools: tools(50) },
    { key: "other", wantedKey: "other", tools: null },
  ]);
  expect(check).toEqual({
    renamed: [{ key: "weather-2", wanted: "weather" }],
    sharedTools: [{ name: "search", keys: ["weather", "weather-2"] }],
    tools: 110,
    tokens: 55_000,
    unknown: ["other"],
  });
  expect(listSizeWarnings(check).join(" ")).toMatch(
    /Windsurf takes at most 100 tools, and these are at least 110\..*55000 tokens/,
  );
  const few = checkComposition([{ key: "a", wantedKey: "a", tools: tools(2) }]);
  expect(listSizeWarnings(few)).toEqual([]);
});

test("what is wrong with an edited link is said in plain words", async () => {
  const server = { from: "catalogue", name: "com.example/x", version: null };
  const edited: [unknown, string][] = [
    [{ v: 1, servers: [] }, "“servers” must not be empty."],
    [{ v: 1, servers: [{ ...server, values: [{}] }] }, "“servers.0.values.0” must be a list."],
    [{ v: 1, servers: [server] }, "“servers.0.values” is missing."],
    [{ v: 1, servers: [{ from: "x" }] }, "“servers.0.from” is none of the known kinds."],
    [{ v: 1, servers: {} }, "“servers” must be a list."],
    [{ v: 1, servers: [{ ...server, values: [] }], x: 1 }, "It has members that are not known: x."],
    [
      { v: 1, servers: [{ ...server, values: [["a", "b\n"]] }] },
      "“servers.0.values.0.1”: has a line break, or a character that a reader does not see.",
    ],
  ];
  for (const [value, words] of edited) {
    const { problem } = await decodeComposition(await encodeComposition(value as Composition));
    expect(problem).toBe(`The link was edited, or made by hand. ${words}`);
  }
});

test("a link whose address or header has a credential is refused without a part of it", async () => {
  const base = {
    from: "address",
    key: "a",
    url: "https://e.example/mcp",
    type: "sse",
    headers: [],
  };
  for (const change of [
    { url: "https://ada:Ab3dEf6hIj9l@e.example/mcp" },
    { url: "https://e.example/mcp?q=Ab3dEf6hIj9l" },
    { url: "javascript:Ab3dEf6hIj9l" },
    { headers: ["ghp_Ab3dEf6hIj9lMn2pQr5tUv8x"] },
  ]) {
    const value = { v: 1, servers: [{ ...base, ...change }] };
    const read = await decodeComposition(await encodeComposition(value as Composition));
    expect(read.composition).toBeNull();
    expect(read.problem).toMatch(/servers\.0\./);
    expect(read.problem).not.toContain("Ab3dEf6hIj9l");
  }
});
