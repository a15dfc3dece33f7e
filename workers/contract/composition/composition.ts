import { z } from "zod";
import { isPlainLine } from "../marketplace/install/quoting.ts";
import { ServerDocument, ServerName } from "../marketplace/server-document.ts";
import { HEADER_NAME } from "../records/header-name.ts";
import { findAddressProblem } from "./address-problem.ts";
import { looksLikeSecret } from "./secret-value.ts";

// A composition is what a shared link holds: which servers, and the values that are no secrets. It is text of strangers.

/** Version of the form of compositions. */
export const COMPOSITION_VERSION = 1;
/** More servers than a client handles well, and few enough to read. */
const MAX_COMPOSED_SERVERS = 40;
const MAX_VALUES = 40;
const MAX_HEADERS = 20;
/** Longest value that a composition holds, in UTF-16 units. */
export const MAX_COMPOSED_VALUE = 2_000;

const Line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(isPlainLine, "has a line break, or a character that a reader does not see");

/** An entry of the marketplace. Pairs, because a value's id could be the name of a member of every object. */
const CatalogueItem = z.strictObject({
  from: z.literal("catalogue"),
  name: ServerName,
  /** The entry's version when the composition was made; null: the entry stated none. */
  version: Line(100).nullable(),
  /** Ids of the entry's variables, and their values. */
  values: z.array(z.tuple([Line(300), Line(MAX_COMPOSED_VALUE)])).max(MAX_VALUES),
});

/** A server that is in no catalogue, by its address. `{name}` in `url` is for a value that the composition does not hold. */
const AddressItem = z.strictObject({
  from: z.literal("address"),
  key: z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/, "use a-z, 0-9 and -"),
  url: Line(2_000).check(({ value, issues }) => {
    const message = findAddressProblem(value);
    if (message !== null) issues.push({ code: "custom", input: value, message });
  }),
  type: z.enum(["streamable-http", "sse"]),
  /** Names of the headers that it takes, without values. */
  headers: z
    .array(
      z
        .string()
        .regex(HEADER_NAME, "not a header’s name")
        .refine((name) => !looksLikeSecret(name), "looks like a key, not like a header’s name"),
    )
    .max(MAX_HEADERS),
});
/** One of them. */
export type AddressItem = z.infer<typeof AddressItem>;

/** Values are kept by the names of the servers, and a client's file has each once. */
function isEachOnce(servers: readonly (z.infer<typeof CatalogueItem> | AddressItem)[]): boolean {
  const names = servers.map((item) =>
    item.from === "catalogue" ? item.name : toAddressName(item.key),
  );
  return new Set(names).size === names.length;
}

/** A server of a composition. */
export type CompositionItem = Composition["servers"][number];

/** Several servers that belong together, without the value of any secret. */
export const Composition = z
  .strictObject({
    v: z.literal(COMPOSITION_VERSION),
    servers: z
      .array(z.discriminatedUnion("from", [CatalogueItem, AddressItem]))
      .min(1)
      .max(MAX_COMPOSED_SERVERS)
      .refine(isEachOnce, "a server is in it twice"),
  })
  .meta({ id: "Composition" });
export type Composition = z.infer<typeof Composition>;

/** The namespace of servers that are in no catalogue. No domain ends in it (RFC 2606), so no publisher has it. */
const NO_NAMESPACE = "invalid.address";

/** Whether a document is of a server that is in no catalogue. */
export function isOutsideCatalogue({ name }: Pick<ServerDocument, "name">): boolean {
  return name.startsWith(`${NO_NAMESPACE}/`);
}

/** The name of a server that is in no catalogue, for `toAddressDocument`. */
export function toAddressName(key: string): string {
  return `${NO_NAMESPACE}/${key}`;
}

/** The description of a server that is in no catalogue, as if an entry stated it. All its values are secrets. */
export function toAddressDocument({ key, url, type, headers }: AddressItem): ServerDocument {
  const names = [...url.matchAll(/\{([^{}]{1,100})\}/g)].map(([, name = ""]) => name);
  const secret = { isRequired: true, isSecret: true };
  return ServerDocument.parse({
    name: toAddressName(key),
    title: key,
    remotes: [
      {
        type,
        url,
        headers: headers.map((name) => ({ name, ...secret })),
        variables: Object.fromEntries(names.map((name) => [name, secret])),
      },
    ],
  });
}
