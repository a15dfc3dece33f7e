import { z } from "zod";
import { LIST_KINDS } from "../rpc/tool-catalogue.ts";
import {
  DOCUMENT_FORMAT,
  type ConfigurationDocument,
  type DocumentAgent,
  type DocumentNames,
  type DocumentPerson,
  type DocumentServer,
} from "./document.ts";
import type { Part, PartKind } from "./parts.ts";
import { hideUrlSecrets, UNKNOWN_REFERENCE } from "./secret-url.ts";

const Secret = z.object({
  name: z.string(),
  reference: z.string(),
  expiresAt: z.int().optional(),
});
const Origin = z.object({ name: z.string(), version: z.string().nullable(), source: z.string() });

/** Names for clients: kind, name or URI, server id, the server's own name. */
export const StoredNames = z.array(
  z.tuple([z.enum(LIST_KINDS), z.string(), z.string(), z.string()]),
);

const StoredAccess = {
  rules: z.array(z.string()),
  /** By rule. Absent: none ends. */
  ends: z.record(z.string(), z.int()).optional(),
  isRestricted: z.boolean(),
};

/** The documents of parts. Fields that this release does not know are left out. */
const STORED = {
  server: z.object({
    slug: z.string(),
    name: z.string(),
    url: z.string(),
    prefix: z.string().nullable(),
    enabled: z.boolean(),
    longestCallSeconds: z.int().nullable(),
    longestSilenceSeconds: z.int().nullable(),
    headers: z.record(z.string(), z.string()),
    credentials: z.array(Secret),
    perPerson: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("sign_in"), byCompany: z.boolean().optional() }),
        z.object({ kind: z.literal("key"), header: z.string(), template: z.string() }),
      ])
      .nullable(),
    origin: Origin.nullable(),
    hosted: z.object({ instanceId: z.string() }).nullable(),
    changePolicy: z.enum(["hold", "allow_and_tell", "allow"]).optional(),
    contractDigest: z.string().nullable().optional(),
  }),
  instance: z.object({
    slug: z.string(),
    name: z.string(),
    prefix: z.string().nullable(),
    catalogueId: z.string(),
    profile: z.string(),
    version: z.string().optional(),
    origin: Origin.nullable(),
    variables: z.array(Secret),
  }),
  member: z.object({
    role: z.string(),
    ...StoredAccess,
    agent: z
      .object({
        name: z.string(),
        ownerId: z.string(),
        endsAt: z.int().nullable(),
        trustRules: z.array(
          z.object({
            name: z.string(),
            issuer: z.string(),
            audience: z.string(),
            claims: z.record(z.string(), z.string()),
          }),
        ),
      })
      .optional(),
  }),
  team: z.object({
    name: z.string(),
    managedBy: z.enum(["people", "directory"]),
    members: z.array(z.string()).optional(),
    ...StoredAccess,
  }),
};

/** A version as a whole. `serverIds`: the ids of its servers by slug. */
export interface WholeVersion {
  document: ConfigurationDocument;
  serverIds: Map<string, string>;
}

/**
 * Makes the document of a version. `nameOf`: the name of a member, also of a former one; null: not known. The order of all
 * entries and members depends on the version only.
 */
export function toWholeVersion(
  parts: readonly Part[],
  nameOf: (memberId: string) => string | null,
): WholeVersion {
  const servers = readAll(parts, "server", STORED.server);
  const order = z.array(z.string()).parse(JSON.parse(findJson(parts, "order") ?? "[]"));
  const bySlug = new Map([...servers].map(([id, { slug }]) => [id, slug]));
  const members = [...readAll(parts, "member", STORED.member)].toSorted(byFirst);
  const nameAccess = (access: Access) => toNamedAccess(access, bySlug);
  const people = members.flatMap(([id, { role, agent, ...access }]): DocumentPerson[] => {
    if (agent) return [];
    const name = nameOf(id);
    return [{ id, ...(name === null ? {} : { name }), role, ...nameAccess(access) }];
  });
  const agents = members.flatMap(([, { agent, ...access }]): DocumentAgent[] => {
    if (!agent) return [];
    const { name, ownerId: owner, endsAt, trustRules } = agent;
    return [{ name, owner, endsAt, ...nameAccess(access), trustRules }];
  });
  const teams = [...readAll(parts, "team", STORED.team).values()].map(
    ({ name, managedBy, members: ids, ...access }) => ({
      name,
      managedBy,
      ...(ids ? { members: ids } : {}),
      ...nameAccess(access),
    }),
  );
  const instances = [...readAll(parts, "instance", STORED.instance).values()];
  const document = {
    format: DOCUMENT_FORMAT,
    // The settings were checked when they were stored; `PUT` checks a document again.
    settings: JSON.parse(findJson(parts, "settings") ?? "{}") as ConfigurationDocument["settings"],
    servers: order.flatMap((id) => {
      const server = servers.get(id);
      return server ? [toDocumentServer(server)] : [];
    }),
    hosted: instances.toSorted((one, other) => (one.slug < other.slug ? -1 : 1)),
    people,
    agents: agents.toSorted(byName),
    teams: teams.toSorted(byName),
    ...toDocumentNames(findJson(parts, "names"), bySlug),
  } as const;
  const serverIds = new Map([...bySlug].map(([id, slug]) => [slug, id]));
  return { document, serverIds };
}

/** Names of servers that the version does not have are left out. */
function toDocumentNames(
  json: string | undefined,
  bySlug: ReadonlyMap<string, string>,
): { names?: DocumentNames } {
  if (json === undefined) return {};
  const names: DocumentNames = {};
  for (const [kind, exposed, serverId, of] of StoredNames.parse(JSON.parse(json))) {
    const server = bySlug.get(serverId);
    if (server === undefined) continue;
    if (kind === "resources" || kind === "templates")
      (names[kind] ??= []).push({ uri: exposed, server });
    else (names[kind] ??= []).push({ name: exposed, server, of });
  }
  return Object.keys(names).length > 0 ? { names } : {};
}

function toDocumentServer(server: z.infer<typeof STORED.server>): DocumentServer {
  const { slug, name, prefix, enabled, longestCallSeconds, longestSilenceSeconds } = server;
  const common = { prefix, enabled, longestCallSeconds, longestSilenceSeconds };
  const { url, headers, credentials, perPerson, origin, hosted } = server;
  return {
    slug,
    name,
    // Versions of earlier releases have the whole URL.
    ...(hosted ? { hosted: true } : { url: hideUrlSecrets(url, () => UNKNOWN_REFERENCE) }),
    ...common,
    ...(hosted ? {} : { headers, credentials, perPerson }),
    origin,
    ...(server.changePolicy === undefined ? {} : { changePolicy: server.changePolicy }),
    ...(server.contractDigest === undefined ? {} : { contractDigest: server.contractDigest }),
  };
}

function readAll<T>(parts: readonly Part[], kind: PartKind, schema: z.ZodType<T>): Map<string, T> {
  const own = parts.filter((part) => part.kind === kind);
  return new Map(own.map(({ id, json }) => [id, schema.parse(JSON.parse(json))]));
}

function findJson(parts: readonly Part[], kind: PartKind): string | undefined {
  return parts.find((part) => part.kind === kind)?.json;
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

function byFirst([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

/** What a part has of the rules of a member or team. */
interface Access {
  rules: string[];
  ends?: Record<string, number> | undefined;
  isRestricted: boolean;
}

/** Rules for servers that the version does not have are left out. */
function toNamedAccess(
  { rules, ends = {}, isRestricted }: Access,
  bySlug: ReadonlyMap<string, string>,
) {
  const name = (rule: string): string[] => {
    const [, denial = "", id = "", rest = ""] = /^(!?)([^:]*)(:.*)$/s.exec(rule) ?? [];
    const slug = bySlug.get(id);
    return slug === undefined ? [] : [`${denial}${slug}${rest}`];
  };
  const named = Object.entries(ends).flatMap(([rule, at]) =>
    name(rule).map((text) => [text, at] as const),
  );
  return {
    isRestricted,
    rules: rules.flatMap(name).toSorted(),
    ...(named.length > 0 ? { ends: Object.fromEntries(named) } : {}),
  };
}
