import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compareVersions } from "../../../workers/contract/marketplace/compare-versions.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";
import { isImportantChange } from "../../../workers/contract/marketplace/version-changes.ts";

const read = (parts: object) =>
  ServerDocument.parse({ name: "com.example/versions", version: "1.0.0", ...parts });
const npm = (parts: object = {}) => ({ registryType: "npm", identifier: "merlin", ...parts });
const remote = (url: string, parts: object = {}) => ({ type: "streamable-http", url, ...parts });
const variable = (name: string, parts: object = {}) => ({ name, ...parts });
const withPackage = (parts: object) => ({ packages: [npm(parts)] });
const bundle = (identifier: string, fileSha256: string, version: string) => ({
  version,
  packages: [{ registryType: "mcpb", identifier, fileSha256 }],
});

/** `changes`: kind, name, from and to of each. */
interface Case {
  what: string;
  before: object;
  after: object;
  changes: (string | null)[][];
}

const HOME = "https://mcp.example.com/mcp";
const CASES: Case[] = [
  {
    what: "a remote at another host",
    before: { remotes: [remote(HOME)] },
    after: { remotes: [remote("https://mcp.example.net/mcp")] },
    changes: [["host", "mcp.example.net", HOME, "https://mcp.example.net/mcp"]],
  },
  {
    what: "a remote at another address of the same host",
    before: { remotes: [remote(HOME)] },
    after: { remotes: [remote(`${HOME}/v2`)] },
    changes: [["address", null, HOME, `${HOME}/v2`]],
  },
  {
    what: "a secret that is required now",
    before: withPackage({ environmentVariables: [variable("API_KEY", { isSecret: true })] }),
    after: withPackage({
      environmentVariables: [variable("API_KEY", { isSecret: true, isRequired: true })],
    }),
    changes: [["secret", "API_KEY", "optional", "required"]],
  },
  {
    what: "a variable in a header, which only its name shows to be a secret",
    before: { remotes: [remote(HOME)] },
    after: {
      remotes: [
        remote(HOME, {
          headers: [
            variable("X-Caller", {
              value: "Key {access_token}",
              variables: { access_token: { isRequired: true } },
            }),
          ],
        }),
      ],
    },
    changes: [["secret", "access_token", null, "required"]],
  },
  {
    what: "another package",
    before: withPackage({ version: "1.0.0" }),
    after: withPackage({ identifier: "@other/merlin", version: "1.0.0" }),
    changes: [["package", null, "npm:merlin", "npm:@other/merlin"]],
  },
  {
    what: "the same package in another registry",
    before: withPackage({ registryBaseUrl: "https://registry.npmjs.org" }),
    after: withPackage({ registryBaseUrl: "https://npm.example.net" }),
    changes: [["package", null, "npm:merlin", "npm:merlin from https://npm.example.net"]],
  },
  {
    what: "a new argument and a fixed variable",
    before: withPackage({}),
    after: withPackage({
      packageArguments: [{ type: "named", name: "--allow", value: "all of it" }],
      environmentVariables: [variable("NODE_OPTIONS", { value: "--require=./x" })],
    }),
    changes: [
      [
        "command",
        "npm:merlin",
        "npx merlin",
        'NODE_OPTIONS=--require=./x npx merlin --allow "all of it"',
      ],
    ],
  },
  {
    what: "another file of the same version of a bundle",
    before: bundle("https://example.com/merlin-1.0.0.mcpb", "aa", "1.0.0"),
    after: bundle("https://example.com/merlin-1.0.0.mcpb", "bb", "1.0.0"),
    changes: [["file", "mcpb:https://example.com/merlin-{version}.mcpb", "aa", "bb"]],
  },
  {
    what: "the next version of a bundle",
    before: bundle("https://example.com/merlin-1.0.0.mcpb", "aa", "1.0.0"),
    after: bundle("https://example.com/merlin-1.1.0.mcpb", "bb", "1.1.0"),
    changes: [
      [
        "package-version",
        "mcpb:https://example.com/merlin-{version}.mcpb",
        "https://example.com/merlin-1.0.0.mcpb",
        "https://example.com/merlin-1.1.0.mcpb",
      ],
    ],
  },
  {
    what: "another transport",
    before: { remotes: [remote(HOME)] },
    after: { remotes: [{ type: "sse", url: HOME }] },
    changes: [["transport", null, "streamable-http", "sse"]],
  },
  {
    what: "what can wait, after what matters",
    before: { title: "Merlin", description: "A bird.", ...withPackage({ version: "1.0.0" }) },
    after: {
      title: "Merlin 2",
      description: "A falcon.",
      ...withPackage({
        version: "2.0.0",
        environmentVariables: [
          variable("REGION"),
          variable("PROJECT", { isRequired: true }),
          variable("API_KEY"),
          variable("TOKEN", { isRequired: true }),
        ],
      }),
    },
    changes: [
      ["secret", "TOKEN", null, "required"],
      ["secret", "API_KEY", null, "optional"],
      ["variable", "PROJECT", null, "required"],
      ["optional-variable", "REGION", null, "optional"],
      ["package-version", "npm:merlin", "1.0.0", "2.0.0"],
      ["title", null, "Merlin", "Merlin 2"],
      ["description", null, "A bird.", "A falcon."],
    ],
  },
];

test.each(CASES)("a comparison of two versions finds $what", ({ before, after, changes }) => {
  const found = compareVersions(read(before), read(after));
  expect(found.map(({ kind, name, from, to }) => [kind, name, from, to])).toEqual(changes);
});

const text = fc.constantFrom("a", "b", "2.0", "https://a.example/x", "https://b.example/x", "KEY");
const address = fc.constantFrom("https://a.example/x", "https://a.example/y", "https://b.example");
const input = fc.record(
  {
    name: text,
    value: text,
    default: text,
    isRequired: fc.boolean(),
    isSecret: fc.boolean(),
  },
  { requiredKeys: ["name"] },
);
const document = fc
  .record({
    version: text,
    title: text,
    packages: fc.array(
      fc.record({
        registryType: fc.constantFrom("npm", "oci", "mcpb"),
        identifier: text,
        version: text,
        fileSha256: text,
        environmentVariables: fc.array(input, { maxLength: 2 }),
        packageArguments: fc.array(input, { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
    remotes: fc.array(
      fc.record({ type: fc.constant("sse"), url: address, headers: fc.array(input) }),
      {
        maxLength: 2,
      },
    ),
  })
  .map(read);

test("a version has no changes against itself, and every new host and package is an important change", () => {
  const hostsOf = ({ remotes }: ServerDocument) => remotes.map(({ url }) => new URL(url).host);
  const namesOf = ({ packages }: ServerDocument) =>
    packages.map(({ registryType, identifier }) => `${registryType} ${identifier}`);
  fc.assert(
    fc.property(document, document, (before, after) => {
      expect(compareVersions(before, structuredClone(before))).toEqual([]);
      const changes = compareVersions(before, after);
      const important = changes.filter(isImportantChange);
      expect(changes.slice(0, important.length)).toEqual(important);
      const isNew = (of: (from: ServerDocument) => string[]) =>
        of(after).some((item) => !of(before).includes(item));
      // A tag or a version in the identifier is no other package.
      const isPlain = [before, after].every(({ packages }) =>
        packages.every(({ registryType }) => registryType === "npm"),
      );
      const expected = [
        ...(isNew(hostsOf) ? ["host"] : []),
        ...(isPlain && isNew(namesOf) ? ["package"] : []),
      ];
      expect(important.map(({ kind }) => kind)).toEqual(expect.arrayContaining(expected));
    }),
  );
});
