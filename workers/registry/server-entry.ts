import type { RegisteredServer } from "../contract/rpc/admission.ts";
import { toHostName, toLinkOrigin } from "../http/own-origin.ts";

/**
 * The version of every entry. An entry describes the gateway's address of a server, which never changes: a version that
 * changed would only make clients offer an update.
 */
export const ENTRY_VERSION = "1.0.0";

/** The schema of `server.json` in force (https://github.com/modelcontextprotocol/registry). */
const SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
/** Clients read an entry's state and dates from this member, whichever registry it is from. */
const META = "io.modelcontextprotocol.registry/official";
/** Longest title and description of the schema, in characters. */
const MAX_TEXT = 100;

/** A workspace at the host by which a client reads its registry. */
export interface RegistryAddress {
  host: string;
  slug: string;
}

/** An entry of the registry, with its name and date for search and paging. */
export interface ListedEntry {
  name: string;
  title: string;
  changedAt: number;
  json: object;
}

/**
 * The entry of a server: how clients reach it through the gateway, and that they need a token. Nothing in it is of the
 * server behind the gateway but the name that the workspace has given it.
 */
export function toEntry(server: RegisteredServer, address: RegistryAddress): ListedEntry {
  const { host, slug } = address;
  const name = `${toNamespace(address)}/${server.slug}`;
  const title = cut(server.name);
  const json = {
    server: {
      $schema: SCHEMA,
      name,
      title,
      description: cut(`${title}, through the gateway of the workspace ${slug}`),
      version: ENTRY_VERSION,
      remotes: [
        {
          type: "streamable-http",
          url: `${toLinkOrigin(host)}/api/gw/${slug}/${server.slug}`,
          headers: [AUTHORIZATION],
        },
      ],
    },
    _meta: {
      [META]: {
        status: "active",
        publishedAt: new Date(server.createdAt).toISOString(),
        updatedAt: new Date(server.changedAt).toISOString(),
        isLatest: true,
      },
    },
  };
  return { name, title, changedAt: server.changedAt, json };
}

/** Clients ask for the token only, and keep it as a secret. */
const AUTHORIZATION = {
  name: "Authorization",
  description: "Your gateway token of this workspace",
  isRequired: true,
  isSecret: true,
  value: "Bearer {token}",
  variables: {
    token: {
      description: "Your gateway token of this workspace (mng_…)",
      isRequired: true,
      isSecret: true,
    },
  },
};

/** The gateway's host in reverse order with the workspace below it: `com.example.gw.acme`. */
function toNamespace({ host, slug }: RegistryAddress): string {
  const name = toHostName(host);
  const isAddress = /^[\d.]+$|^\[/.test(name);
  // The brackets and colons of an IPv6 address are not allowed in a namespace.
  const parts = isAddress ? [name.replaceAll(/[[\]]/g, "").replaceAll(":", "-")] : name.split(".");
  return [...parts.toReversed(), slug].filter((part) => part !== "").join(".");
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= MAX_TEXT ? text : `${characters.slice(0, MAX_TEXT - 1).join("")}…`;
}
