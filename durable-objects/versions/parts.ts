import { writeJson } from "../../workers/contract/definitions/json-value.ts";
import type { InstanceRecord } from "../../workers/contract/hosting/instances.ts";
import type { RuleHolder } from "../../workers/contract/records/rule.ts";
import type { TeamRecord } from "../../workers/contract/records/team.ts";
import type {
  EntityChange,
  MemberRecord,
  ServerRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { ConfigurationDocument } from "../../workers/contract/versions/document.ts";
import type { Part, SecretReference } from "../../workers/contract/versions/parts.ts";
import {
  hideUrlSecrets,
  toSecretReference,
  type ReferValue,
} from "../../workers/contract/versions/secret-url.ts";
import { StoredNames, toWholeVersion } from "../../workers/contract/versions/stored-parts.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import { isUriKind, type WantedName } from "../tool-catalogue/name-owners.ts";

/**
 * What of a server is no configuration: what probes find, times, and what is a part by itself or is made by the gateway.
 * Every other field of the record is in the version.
 */
const NOT_OF_SERVER = [
  "id",
  "position",
  "transport",
  "era",
  "protocolVersion",
  "stateful",
  "legacy",
  "probedAt",
  "createdAt",
  "changedAt",
] as const satisfies (keyof ServerRecord)[];

/** The reference of a sealed secret. */
export function toReference(sealed: string): string {
  return toSecretReference(sha256Hex(sealed));
}

/** A configuration as a document. */
export function toDocument(
  config: WorkspaceConfig,
  refer: ReferValue,
  names: WantedName[] = [],
): ConfigurationDocument {
  const parts = [...listParts(config, refer), ...toNamesPart(config.workspace.id, names)];
  return toWholeVersion(parts, (id) => config.members.get(id)?.name ?? null).document;
}

/** The names that the lists alone do not determine, in one order, but templates by their age; empty: there are none. */
export function toNamesPart(id: string, names: WantedName[]): Part[] {
  if (names.length === 0) return [];
  const rows = names.map(({ kind, exposed, owner }) => [
    kind,
    exposed,
    owner.serverId,
    isUriKind(kind) ? "" : owner.name,
  ]);
  const isTemplate = ([kind]: string[]) => kind === "templates";
  const sorted = rows
    .filter((row) => !isTemplate(row))
    .map((row) => JSON.stringify(row))
    .toSorted();
  const templates = rows.filter(isTemplate).map((row) => JSON.stringify(row));
  return [{ kind: "names", id, json: `[${[...sorted, ...templates].join(",")}]` }];
}

/** All parts of a configuration. `refer`: makes the references of secrets in URLs. */
export function listParts(config: WorkspaceConfig, refer: ReferValue): Part[] {
  return [
    toSettingsPart(config.workspace),
    toOrderPart(config),
    ...[...config.servers.values()].map((server) => toServerPart(server, refer)),
    ...[...config.instances.values()].map(toInstancePart),
    ...[...config.members.values()].map(toMemberPart),
    ...[...config.teams.values()].map(toTeamPart),
  ];
}

/** The names of a version, of servers that are there. */
export function readNamesPart(
  parts: Part[],
  servers: ReadonlyMap<string, ServerRecord>,
): WantedName[] {
  const part = parts.find(({ kind }) => kind === "names");
  if (!part) return [];
  return StoredNames.parse(JSON.parse(part.json)).flatMap(
    ([kind, exposed, serverId, of]): WantedName[] => {
      const server = servers.get(serverId);
      if (!server) return [];
      if (isUriKind(kind))
        return [{ kind, exposed, owner: { serverId, name: exposed }, prefix: null }];
      return [{ kind, exposed, owner: { serverId, name: of }, prefix: server.prefix }];
    },
  );
}

/** The parts that changes of a configuration concern, as they are in it; `json` null: the part is not in it. */
export function listConcernedParts(
  config: WorkspaceConfig,
  changes: readonly EntityChange[],
  refer: ReferValue,
): (Omit<Part, "json"> & { json: string | null })[] {
  const parts = changes.flatMap((change) => {
    switch (change.kind) {
      case "workspace":
        return [toSettingsPart(config.workspace)];
      case "server":
        return [
          toPart("server", change.id, config.servers, (server) => toServerPart(server, refer)),
        ];
      case "instance":
        return [toPart("instance", change.id, config.instances, toInstancePart)];
      case "member":
        return [toPart("member", change.id, config.members, toMemberPart)];
      case "team":
        return [toPart("team", change.id, config.teams, toTeamPart)];
      case "token":
      case "connection":
        return [];
    }
  });
  const moves = changes.some(({ kind }) => kind === "server");
  return moves ? [...parts, toOrderPart(config)] : parts;
}

function toPart<T>(
  kind: "server" | "instance" | "member" | "team",
  id: string,
  records: ReadonlyMap<string, T>,
  describe: (record: T) => Part,
) {
  const record = records.get(id);
  return record ? describe(record) : { kind, id, json: null };
}

function toSettingsPart(workspace: WorkspaceRecord): Part {
  const { name, enforcement, defaultAccess, limits, retentionDays, publicRegistry, oauth } =
    workspace;
  const document = {
    name,
    enforcement,
    defaultAccess,
    limits,
    retentionDays,
    publicRegistry,
    oauth,
  };
  return { kind: "settings", id: workspace.id, json: writeJson(document) };
}

function toOrderPart({ workspace, servers }: WorkspaceConfig): Part {
  const ids = [...servers.values()].toSorted((a, b) => a.position - b.position).map(({ id }) => id);
  return { kind: "order", id: workspace.id, json: writeJson(ids) };
}

function toServerPart(server: ServerRecord, refer: ReferValue): Part {
  const { credentials, hosted, url, ...rest } = server;
  const fields = Object.entries(rest).filter(
    ([field]) => !NOT_OF_SERVER.some((excluded) => excluded === field),
  );
  const document = {
    ...Object.fromEntries(fields),
    credentials: credentials.map(({ name, sealed, expiresAt }) => ({
      ...toSecret(name, sealed),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })),
    hosted: hosted && { instanceId: hosted.instanceId },
    // The gateway gives a hosted server its URL, with its place on a host.
    url: hosted ? "" : hideUrlSecrets(url, refer),
  };
  return { kind: "server", id: server.id, json: writeJson(document) };
}

function toInstancePart(instance: InstanceRecord): Part {
  const { id, slug, name, prefix, catalogueId, profile, origin, variables, versions } = instance;
  const document = {
    slug,
    name,
    prefix,
    catalogueId,
    profile,
    ...(versions ? { version: versions.current } : {}),
    origin,
    variables: variables.map(({ key, sealed }) => toSecret(key, sealed)),
  };
  return { kind: "instance", id, json: writeJson(document) };
}

/** Of a person neither the name nor the e-mail address: versions are kept when the person has left. */
function toMemberPart(member: MemberRecord): Part {
  const { id, name, role, agent } = member;
  const document = {
    role,
    ...toAccess(member),
    ...(agent
      ? {
          agent: {
            name,
            ownerId: agent.ownerId,
            endsAt: agent.endsAt,
            trustRules: agent.trustRules.map((rule) => ({
              name: rule.name,
              issuer: rule.issuer,
              audience: rule.audience,
              claims: rule.claims,
            })),
          },
        }
      : {}),
  };
  return { kind: "member", id, json: writeJson(document) };
}

/** Who is in a team of the directory is no configuration: the directory says it. */
function toTeamPart(team: TeamRecord): Part {
  const { id, name, managedBy, memberIds } = team;
  const document = {
    name,
    managedBy,
    ...(managedBy === "people" ? { members: memberIds } : {}),
    ...toAccess(team),
  };
  return { kind: "team", id, json: writeJson(document) };
}

/** Since when a rule is there, and who added it, is in the audit log. */
function toAccess({ rules, terms, isRestricted }: RuleHolder) {
  const ends = Object.entries(terms).flatMap(([rule, { endsAt }]) =>
    endsAt === null ? [] : [[rule, endsAt] as const],
  );
  return {
    rules: rules.toSorted(),
    isRestricted,
    ...(ends.length > 0 ? { ends: Object.fromEntries(ends) } : {}),
  };
}

function toSecret(name: string, sealed: string): SecretReference {
  return { name, reference: toReference(sealed) };
}
