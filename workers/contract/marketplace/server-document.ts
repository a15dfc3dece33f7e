import { z } from "zod";

// A server's description as registries serve it (`server.json`, schemas 2025-07-09 to 2025-12-11 of
// https://github.com/modelcontextprotocol/registry), read leniently: genuine entries leave out or empty what the schemas
// require. What is not stated is null. A wrong type is an error. Fields that are not known are dropped.

const MAX_TEXT = 10_000;
const MAX_ITEMS = 200;
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 2_000;

/** A text; null if it is absent or empty. */
const Text = z
  .string()
  .max(MAX_TEXT)
  .nullish()
  .transform((text) => (text?.trim() ? text : null));

/** A text that lists show: what is longer is cut. The registry's schema allows 100 characters. */
const shownText = (max: number) =>
  Text.transform((text) =>
    text !== null && text.length > max ? `${text.slice(0, max - 1).toWellFormed()}…` : text,
  );

const Flag = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? false);

const listOf = <T>(item: z.ZodType<T>) =>
  z
    .array(item)
    .max(MAX_ITEMS)
    .nullish()
    .transform((items) => items ?? []);

const recordOf = <T>(item: z.ZodType<T>) =>
  z
    .record(z.string().max(200), item)
    .nullish()
    .transform((record) => record ?? {});

const input = {
  description: Text,
  isRequired: Flag,
  isSecret: Flag,
  /** `string`, `number`, `boolean` or `filepath`. */
  format: Text,
  default: Text,
  /** Fixed by the publisher; `{name}` in it is replaced by one of `variables`. */
  value: Text,
  placeholder: Text,
  choices: listOf(z.string().max(MAX_TEXT)),
};

/** A value that a person gives, or the publisher has fixed. */
const ServerInput = z.object(input);

const inputWithVariables = { ...input, variables: recordOf(ServerInput) };

/** An environment variable or a header. */
const NamedInput = z.object({ ...inputWithVariables, name: z.string().max(200) });
export type NamedInput = z.infer<typeof NamedInput>;

/** Genuine entries have variables without a name. */
const NamedInputs = listOf(NamedInput).transform((items) =>
  items.filter(({ name }) => name !== ""),
);

/** An argument of a command. `named`: `name` is its flag, with the dashes. */
const ServerArgument = z
  .object({
    ...inputWithVariables,
    type: z.enum(["named", "positional", ""]).nullish(),
    name: Text,
    valueHint: Text,
    isRepeated: Flag,
  })
  // Genuine entries leave the type out: a name with dashes is a flag's.
  .transform((argument) => ({
    ...argument,
    type: argument.type || (argument.name?.startsWith("-") ? "named" : "positional"),
  }));

const TransportType = z.enum(["stdio", "streamable-http", "sse"]);

/** A package that runs the server. `registryType`: npm, pypi, oci, nuget, mcpb, cargo, go, or one that is not known. */
const ServerPackage = z.object({
  registryType: z.string().min(1).max(100),
  identifier: z.string().min(1).max(2_000),
  version: Text,
  registryBaseUrl: Text,
  /** The command that starts it, such as `npx`. */
  runtimeHint: Text,
  fileSha256: Text,
  transport: z
    .object({ type: TransportType, url: Text, headers: NamedInputs })
    .nullish()
    .transform((transport) => transport ?? { type: "stdio" as const, url: null, headers: [] }),
  runtimeArguments: listOf(ServerArgument),
  packageArguments: listOf(ServerArgument),
  environmentVariables: NamedInputs,
});
export type ServerPackage = z.infer<typeof ServerPackage>;

/** An address at which the server runs. `{name}` in `url` is replaced by one of `variables`. */
const ServerRemote = z.object({
  type: TransportType.exclude(["stdio"]),
  url: z.string().min(1).max(2_000),
  headers: NamedInputs,
  variables: recordOf(ServerInput),
});

const Repository = z
  .object({ url: Text, source: Text, subfolder: Text })
  .nullish()
  // Entries without a repository often have an empty one.
  .transform((repository) => (repository?.url ? { ...repository, url: repository.url } : null));

/** The name of a server: a namespace in reverse-DNS order, and a name in it. Dots alone would be another path in a URL. */
export const ServerName = z
  .string()
  .max(200)
  .regex(
    /^(?!\.+\/)[a-zA-Z0-9.-]+\/(?!\.+$)[a-zA-Z0-9._-]+$/,
    "not a namespace and a name with a slash between them, of letters, digits, dots, dashes and underscores",
  );

/** A server's description. */
export const ServerDocument = z.object({
  name: ServerName,
  title: shownText(MAX_TITLE),
  description: shownText(MAX_DESCRIPTION),
  version: Text,
  websiteUrl: Text,
  repository: Repository,
  icons: listOf(z.object({ src: z.string().max(2_000), mimeType: Text, theme: Text })),
  packages: listOf(ServerPackage),
  remotes: listOf(ServerRemote),
});
export type ServerDocument = z.infer<typeof ServerDocument>;
