import { and, asc, eq, getTableColumns, gt, isNull, or, sql } from "drizzle-orm";
import type { Token } from "../contract/api/resources.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Contract } from "../contract/records/contract.ts";
import type { AccessToken } from "../contract/records/oauth.ts";
import type { ScimWrites } from "../contract/records/scim.ts";
import type {
  EntityChange,
  NamedToken,
  ServerRecord,
  TokenRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../contract/records/workspace.ts";
import type { ClosedAccessRequest } from "../contract/rpc/access-request-commands.ts";
import type { VersionRow } from "../contract/versions/parts.ts";
import { toAccessRequestClosing } from "./access-requests.ts";
import { listConnections } from "./connections.ts";
import { toContractStatements } from "./contracts.ts";
import type { Db } from "./database.ts";
import {
  toAllStatements,
  toEventStatements,
  toStatements,
  toWorkspaceDeletion,
} from "./entities.ts";
import { toMemberRemoval } from "./former-members.ts";
import { listInstances } from "./instances.ts";
import { listMemberRecords } from "./members.ts";
import { readPages } from "./read-pages.ts";
import { members, servers, tokens, workspaces } from "./schema.ts";
import { toScimStatements } from "./scim.ts";
import { listTeamRecords } from "./teams.ts";
import { toVersionStatements } from "./versions.ts";

/** Rows in one query: D1 limits the size of a response. */
const PAGE_ROWS = 500;

const { deletedAt: _deletedAt, ...workspaceColumns } = getTableColumns(workspaces);
const { workspaceId: _serverOwner, ...serverColumns } = getTableColumns(servers);
const { workspaceId: _tokenOwner, ...tokenColumns } = getTableColumns(tokens);
const {
  lastUsedAt: _lastUsedAt,
  lastClientName: _lastClientName,
  lastClientVersion: _lastClientVersion,
  ...tokenRecordColumns
} = tokenColumns;

/** Returns a workspace with its servers, members, teams, tokens and instances; null: no workspace has this slug. */
export async function loadWorkspaceConfig(db: Db, slug: string): Promise<WorkspaceConfig | null> {
  const workspace = await findWorkspace(db, slug);
  if (!workspace) return null;
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  return {
    workspace,
    servers: byId(await listServers(db, workspace.id)),
    members: byId(await listMemberRecords(db, workspace.id)),
    teams: byId(await listTeamRecords(db, workspace.id)),
    tokens: byId(await listTokenRecords(db, workspace.id)),
    instances: byId(await listInstances(db, workspace.id)),
    connections: byId(await listConnections(db, workspace.id)),
  };
}

/**
 * What is stored together with changes. `closes`: the request for access that an admin decided on, or its person withdrew. `scim`:
 * what a directory says.
 */
interface StoredTogether {
  contracts: Contract[];
  versions: VersionRow[];
  closes: ClosedAccessRequest | null;
  scim: ScimWrites | null;
}

/**
 * Stores changes of one workspace in one transaction, with their audit event, the `versions` that they make, and new
 * `contracts` that they name. A `workspace.deleted` event deletes the whole workspace. Without an event, changes are those of
 * the workspace `workspaceId`, or (a state that the gateway detected) only existing servers change.
 */
export async function saveChanges(
  db: Db,
  changes: EntityChange[],
  event: AuditEvent | null,
  workspaceId?: string,
  { contracts = [], versions = [], closes = null, scim = null }: Partial<StoredTogether> = {},
): Promise<void> {
  const owner = event?.workspaceId ?? workspaceId;
  const ownerOf = ({ id }: EntityChange) =>
    owner ?? sql`(SELECT workspace_id FROM servers WHERE id = ${id})`;
  const statements = toAllStatements(db, ownerOf, changes, (change) => {
    const isRemoval = event && change.kind === "member" && change.value === null;
    return [
      ...(isRemoval ? toMemberRemoval(db, change.id, event) : []),
      ...toStatements(db, ownerOf(change), change),
    ];
  });
  if (event?.action === "workspace.deleted")
    statements.push(...toWorkspaceDeletion(db, event.workspaceId, event.occurredAt));
  if (event) {
    statements.push(...toEventStatements(db, event, changes));
    statements.push(...toAccessRequestClosing(db, event, changes, closes));
    if (scim) statements.push(...toScimStatements(db, scim, event.workspaceId, event.occurredAt));
  }
  if (owner !== undefined) {
    for (const contract of contracts) statements.push(...toContractStatements(db, owner, contract));
    statements.push(...toVersionStatements(db, owner, versions));
  }
  const [first, ...rest] = statements;
  if (first) await db.batch([first, ...rest]);
}

/** Returns the workspace with this slug; undefined: none, or deleted. */
export async function findWorkspace(db: Db, slug: string): Promise<WorkspaceRecord | undefined> {
  const rows = await db
    .select(workspaceColumns)
    .from(workspaces)
    .where(and(eq(workspaces.slug, slug), isNull(workspaces.deletedAt)));
  return rows[0];
}

/** Returns the workspace with this id; undefined: none, or deleted. */
export async function findWorkspaceById(db: Db, id: string): Promise<WorkspaceRecord | undefined> {
  const rows = await db
    .select(workspaceColumns)
    .from(workspaces)
    .where(and(eq(workspaces.id, id), isNull(workspaces.deletedAt)));
  return rows[0];
}

/** Returns the slug of each workspace by id, and whether it is deleted. Ids that no workspace has are left out. */
export async function findSlugs(
  db: Db,
  ids: string[],
): Promise<Map<string, { slug: string; isDeleted: boolean }>> {
  const rows = await db
    .select({ id: workspaces.id, slug: workspaces.slug, deletedAt: workspaces.deletedAt })
    .from(workspaces)
    .where(sql`${workspaces.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
  return new Map(
    rows.map(({ id, slug, deletedAt }) => [id, { slug, isDeleted: deletedAt !== null }]),
  );
}

/** Returns all workspaces that are not deleted, by slug. */
export async function listWorkspaces(db: Db): Promise<WorkspaceRecord[]> {
  return readPages(PAGE_ROWS, "slug", (after) =>
    db
      .select(workspaceColumns)
      .from(workspaces)
      .where(and(isNull(workspaces.deletedAt), gt(workspaces.slug, after)))
      .orderBy(asc(workspaces.slug))
      .limit(PAGE_ROWS),
  );
}

/** Returns the workspaces in which a user is a member that is not suspended, by slug. */
export async function listUserWorkspaces(db: Db, userId: string): Promise<WorkspaceRecord[]> {
  return db
    .select(workspaceColumns)
    .from(workspaces)
    .innerJoin(members, eq(members.workspaceId, workspaces.id))
    .where(
      and(eq(members.userId, userId), isNull(members.suspendedAt), isNull(workspaces.deletedAt)),
    )
    .orderBy(asc(workspaces.slug));
}

/** Returns a workspace's servers by position. */
export async function listServers(db: Db, workspaceId: string): Promise<ServerRecord[]> {
  const rows = await readPages(PAGE_ROWS, "id", (after) =>
    db
      .select(serverColumns)
      .from(servers)
      .where(and(eq(servers.workspaceId, workspaceId), gt(servers.id, after)))
      .orderBy(asc(servers.id))
      .limit(PAGE_ROWS),
  );
  return rows.toSorted((a, b) => a.position - b.position);
}

/** Returns a server of a workspace by slug. */
export async function findServer(
  db: Db,
  workspaceId: string,
  slug: string,
): Promise<ServerRecord | undefined> {
  const rows = await db
    .select(serverColumns)
    .from(servers)
    .where(and(eq(servers.workspaceId, workspaceId), eq(servers.slug, slug)));
  return rows[0];
}

function parseTexts(json: string): string[] {
  // A cast: SQLite made this JSON from an array of texts.
  return JSON.parse(json) as string[];
}

const accessTokens =
  sql`(SELECT json_group_array(json_object('digest', digest, 'expiresAt', expires_at)) FROM
    (SELECT digest, expires_at FROM oauth_access_tokens WHERE token_id = tokens.id ORDER BY expires_at DESC, digest))`.mapWith(
    // A cast: SQLite made this JSON from columns of these types.
    (json: string) => JSON.parse(json) as AccessToken[],
  );

/** Returns a workspace's tokens with their rules by server id, including revoked tokens. */
async function listTokenRecords(db: Db, workspaceId: string): Promise<TokenRecord[]> {
  return readPages(PAGE_ROWS, "id", (after) =>
    db
      .select({ ...tokenRecordColumns, accessTokens })
      .from(tokens)
      .where(and(eq(tokens.workspaceId, workspaceId), gt(tokens.id, after)))
      .orderBy(asc(tokens.id))
      .limit(PAGE_ROWS),
  );
}

/** The rules of a token by server slug; those of servers that are gone are left out. */
const namedTools = sql`CASE WHEN tools IS NOT NULL THEN
    (SELECT json_group_array(rule) FROM (SELECT servers.slug || substr(value, instr(value, ':')) AS rule
      FROM json_each(tools) JOIN servers ON servers.id = substr(value, 1, instr(value, ':') - 1) ORDER BY rule))
  END`.mapWith((json: string | null) => (json === null ? null : parseTexts(json)));

/** A token as the API names it, with its last use, which the queue's consumer stores. No response has access tokens. */
export type UsedToken = Omit<NamedToken, "accessTokens"> &
  Pick<Token, "lastUsedAt" | "lastClientName" | "lastClientVersion">;

/**
 * Returns a workspace's tokens with their rules by server slug, including revoked tokens, oldest first. Temporary tokens
 * and those of trust rules are left out.
 */
export async function listTokens(db: Db, workspaceId: string): Promise<UsedToken[]> {
  const rows = await readPages(PAGE_ROWS, "id", (after) =>
    db
      .select({ ...tokenColumns, tools: namedTools })
      .from(tokens)
      .where(
        and(
          eq(tokens.workspaceId, workspaceId),
          isNull(tokens.sessionId),
          isNull(tokens.trustRuleId),
          gt(tokens.id, after),
        ),
      )
      .orderBy(asc(tokens.id))
      .limit(PAGE_ROWS),
  );
  return rows.toSorted((a, b) => a.createdAt - b.createdAt);
}

/** Returns the slug of the workspace in which a token with this digest is valid; undefined: it is valid in none. */
export async function findTokenWorkspace(
  db: Db,
  digest: string,
  now: number,
): Promise<{ slug: string } | undefined> {
  const rows = await db
    .select({ slug: workspaces.slug })
    .from(tokens)
    .innerJoin(workspaces, eq(workspaces.id, tokens.workspaceId))
    .where(
      and(
        sql`${tokens.id} IN (SELECT id FROM tokens WHERE digest = ${digest}
          UNION ALL SELECT token_id FROM oauth_access_tokens WHERE digest = ${digest} AND expires_at > ${now})`,
        isNull(tokens.revokedAt),
        or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now)),
        isNull(workspaces.deletedAt),
      ),
    );
  return rows[0];
}
