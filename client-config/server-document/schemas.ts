import type { Schema } from "@cfworker/json-schema";

/** Versions of the schema that entries of the official registry declare, the oldest first. */
export const SCHEMA_VERSIONS = [
  "2025-07-09",
  "2025-09-16",
  "2025-09-29",
  "2025-10-11",
  "2025-10-17",
  "2025-12-11",
] as const;
/** One of them. */
export type SchemaVersion = (typeof SCHEMA_VERSIONS)[number];

/** The version that the official registry asks for. */
export const CURRENT_SCHEMA: SchemaVersion = "2025-12-11";

/** The URL by which a file declares a version. It is never fetched. */
export function toSchemaUrl(version: string): string {
  return `https://static.modelcontextprotocol.io/schemas/${version}/server.schema.json`;
}

/** The version that a file declares; null: it is none that is known. */
export function findSchemaVersion(url: string): SchemaVersion | null {
  return SCHEMA_VERSIONS.find((version) => toSchemaUrl(version) === url) ?? null;
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const listOf = (items: Schema): Schema => ({ type: "array", items });
const mapOf = (additionalProperties: Schema): Schema => ({ type: "object", additionalProperties });
const oneOf = (...values: string[]): Schema => ({ type: "string", enum: values });
const uri = { type: "string", format: "uri" } as const;
/** What is asked of values of a type: not of another one, and not without one. */
const when = (type: string, schema: Schema): Schema => ({
  if: { not: { properties: { type: { const: type } }, required: ["type"] } },
  else: schema,
});

/**
 * A version of the official schema, https://github.com/modelcontextprotocol/registry, as JSON Schema. It accepts and refuses
 * the same files; alternatives are written as conditions on `type`, so that an error says what is wrong.
 */
export function makeSchema(version: SchemaVersion): Schema {
  const has = (since: SchemaVersion) => version >= since;
  const named = (name: string) =>
    has("2025-09-16") ? name : name.replaceAll(/[A-Z]/g, (char) => `_${char.toLowerCase()}`);
  const names = (members: Record<string, Schema>) =>
    Object.fromEntries(Object.entries(members).map(([name, schema]) => [named(name), schema]));
  const input = names({
    description: text,
    isRequired: flag,
    isSecret: flag,
    format: oneOf("string", "number", "boolean", "filepath"),
    default: text,
    value: text,
    choices: listOf(text),
    ...(has("2025-10-11") && { placeholder: text }),
  });
  const withVariables = { ...input, variables: mapOf({ type: "object", properties: input }) };
  const values = listOf({
    type: "object",
    properties: { ...withVariables, name: text },
    required: ["name"],
  });
  return makeServer({ names, named, withVariables, values, has });
}

function makeServer(parts: Parts): Schema {
  const { names, has } = parts;
  return {
    type: "object",
    properties: names({
      $schema: uri,
      name: {
        type: "string",
        minLength: 3,
        maxLength: 200,
        pattern: "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$",
      },
      description: { type: "string", minLength: 1, maxLength: 100 },
      version: { type: "string", maxLength: 255 },
      websiteUrl: uri,
      repository: {
        type: "object",
        properties: { url: uri, source: text, id: text, subfolder: text },
        required: ["url", "source"],
      },
      packages: listOf(makePackage(parts)),
      remotes: listOf(makeTransport(parts, ["streamable-http", "sse"])),
      ...(has("2025-10-11") && {
        title: { type: "string", minLength: 1, maxLength: 100 },
        icons: listOf(ICON),
      }),
      ...(!has("2025-09-29") && { status: oneOf("active", "deprecated", "deleted") }),
      _meta: {
        type: "object",
        properties: {
          "io.modelcontextprotocol.registry/publisher-provided": { type: "object" },
          ...(!has("2025-09-29") && {
            "io.modelcontextprotocol.registry/official": { type: "object" },
          }),
        },
      },
    }),
    required: ["name", "description", "version"],
  };
}

/** What the parts of a version's schema are made of. */
interface Parts {
  names: (members: Record<string, Schema>) => Record<string, Schema>;
  named: (name: string) => string;
  withVariables: Record<string, Schema>;
  values: Schema;
  has: (since: SchemaVersion) => boolean;
}

function makePackage(parts: Parts): Schema {
  const { names, named, has, values } = parts;
  const args = listOf(makeArgument(parts));
  return {
    type: "object",
    properties: names({
      registryType: text,
      registryBaseUrl: uri,
      identifier: text,
      version: { type: "string", minLength: 1, not: { const: "latest" } },
      fileSha256: { type: "string", pattern: "^[a-f0-9]{64}$" },
      runtimeHint: text,
      transport: makeTransport(parts, ["stdio", "streamable-http", "sse"]),
      runtimeArguments: args,
      packageArguments: args,
      environmentVariables: values,
    }),
    required: [
      named("registryType"),
      "identifier",
      "transport",
      ...(has("2025-10-11") ? [] : ["version"]),
    ],
    ...(!has("2025-10-11") && { additionalProperties: false }),
  };
}

function makeArgument({ names, named, withVariables }: Parts): Schema {
  return {
    type: "object",
    properties: {
      ...withVariables,
      ...names({ isRepeated: flag, valueHint: text }),
      name: text,
      type: oneOf("positional", "named"),
    },
    required: ["type"],
    allOf: [
      when("named", { required: ["name"] }),
      when("positional", { anyOf: [{ required: [named("valueHint")] }, { required: ["value"] }] }),
    ],
  };
}

function makeTransport({ has, values, withVariables }: Parts, types: string[]): Schema {
  const isRemote = !types.includes("stdio");
  const template: Schema = { type: "string", pattern: "^https?://[^\\s]+$" };
  const { variables: map = true } = withVariables;
  const url = (schema: Schema): Schema => ({
    properties: { url: schema, headers: values },
    required: ["url"],
  });
  return {
    type: "object",
    properties: {
      type: oneOf(...types),
      ...(isRemote && has("2025-12-11") && { variables: map }),
    },
    required: ["type"],
    allOf: [
      when("streamable-http", url(has("2025-12-11") ? template : text)),
      when("sse", url(has("2025-12-11") ? template : uri)),
    ],
  };
}

const ICON: Schema = {
  type: "object",
  properties: {
    src: { type: "string", format: "uri", maxLength: 255 },
    mimeType: oneOf("image/png", "image/jpeg", "image/jpg", "image/svg+xml", "image/webp"),
    sizes: listOf({ type: "string", pattern: "^(\\d+x\\d+|any)$" }),
    theme: oneOf("light", "dark"),
  },
  required: ["src"],
};
