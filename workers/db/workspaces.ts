import { and, asc, eq, getTableColumns, gt, isNull, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type {
  EntityChange,
  MemberRecord,
  ServerRecord,
  TokenRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { deleteWorkspace, toStatements } from "./entities.ts";
import { insertEvent } from "./events.ts";
import { listInstances } from "./instances.ts";
import { members, servers, tokens, workspaces } from "./schema.ts";

const PAGE_ROWS = 500;
/** A member may have 2,000 rules, which come with its row. */
const MEMBER_PAGE_ROWS = 50;

const { deletedAt: _deletedAt, ...workspaceColumns } = getTableColumns(workspaces);
const { workspaceId: _serverOwner, ...serverColumns } = getTableColumns(servers);
const { workspaceId: _memberOwner, ...memberColumns } = getTableColumns(members);
const {
  workspaceId: _tokenOwner,
  lastUsedAt: _lastUsedAt,
  ...tokenColumns
} = getTableColumns(tokens);

/** A workspace with everything that belongs to it; null when there is none of that name. */
export async function loadWorkspaceConfig(db: Db, slug: string): Promise<WorkspaceConfig | null> {
  const workspace = await findWorkspace(db, slug);
  if (!workspace) return null;
  const tokenRecords = (await listTokens(db, workspace.id)).map((row) => {
    const { lastUsedAt: _, ...token } = row;
    return token;
  });
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  return {
    workspace,
    servers: byId(await listServers(db, workspace.id)),
    members: byId(await listMembers(db, workspace.id)),
    tokens: byId(tokenRecords),
    instances: byId(await listInstances(db, workspace.id)),
  };
}

/**
 * Stores changes of one workspace with the event that tells of them, all or nothing. A `workspace.deleted` event takes
 * the whole workspace with it. Without an event (the gateway's own findings) only servers that are there are changed.
 */
export async function saveChanges(
  db: Db,
  changes: EntityChange[],
  event: AuditEvent | null,
): Promise<void> {
  const statements = changes.flatMap((change) => {
    const owner =
      event?.workspaceId ?? sql`(SELECT workspace_id FROM servers WHERE id = ${change.id})`;
    return toStatements(db, owner, change);
  });
  if (event?.action === "workspace.deleted") {
    statements.push(...deleteWorkspace(db, event.workspaceId, event.occurredAt));
  }
  if (event) statements.push(insertEvent(db, event));
  const [first, ...rest] = statements;
  if (first) await db.batch([first, ...rest]);
}

export async function findWorkspace(db: Db, slug: string): Promise<WorkspaceRecord | undefined> {
  const rows = await db
    .select(workspaceColumns)
    .from(workspaces)
    .where(and(eq(workspaces.slug, slug), isNull(workspaces.deletedAt)));
  return rows[0];
}

export async function findWorkspaceById(db: Db, id: string): Promise<WorkspaceRecord | undefined> {
  const rows = await db
    .select(workspaceColumns)
    .from(workspaces)
    .where(and(eq(workspaces.id, id), isNull(workspaces.deletedAt)));
  return rows[0];
}

/** Workspaces that are not deleted, by slug. */
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

/** The workspaces of a person, by slug. */
export async function listUserWorkspaces(db: Db, userId: string): Promise<WorkspaceRecord[]> {
  return db
    .select(workspaceColumns)
    .from(workspaces)
    .innerJoin(members, eq(members.workspaceId, workspaces.id))
    .where(and(eq(members.userId, userId), isNull(workspaces.deletedAt)))
    .orderBy(asc(workspaces.slug));
}

export async function listWorkspaceSlugs(db: Db): Promise<string[]> {
  return (await listWorkspaces(db)).map(({ slug }) => slug);
}

/** How long each workspace's rows are kept; deleted workspaces too, since their rows outlive them. */
export async function listRetention(db: Db): Promise<{ id: string; retentionDays: number }[]> {
  return readPages(PAGE_ROWS, "id", (after) =>
    db
      .select({ id: workspaces.id, retentionDays: workspaces.retentionDays })
      .from(workspaces)
      .where(gt(workspaces.id, after))
      .orderBy(asc(workspaces.id))
      .limit(PAGE_ROWS),
  );
}

/** A workspace's servers by position. */
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

const memberWithRules = {
  ...memberColumns,
  rules:
    sql`(SELECT json_group_array(rule) FROM (SELECT server_slug || ':' || tool_name AS rule FROM rules
    WHERE member_id = members.id ORDER BY server_slug, tool_name))`.mapWith(
      // What SQLite made of an array of texts.
      (json: string) => JSON.parse(json) as string[],
    ),
};

/** A workspace's members with their rules, oldest first. */
export async function listMembers(db: Db, workspaceId: string): Promise<MemberRecord[]> {
  const rows = await readPages(MEMBER_PAGE_ROWS, "id", (after) =>
    db
      .select(memberWithRules)
      .from(members)
      .where(and(eq(members.workspaceId, workspaceId), gt(members.id, after)))
      .orderBy(asc(members.id))
      .limit(MEMBER_PAGE_ROWS),
  );
  return rows.toSorted((a, b) => a.createdAt - b.createdAt);
}

export async function findMember(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<MemberRecord | undefined> {
  const rows = await db
    .select(memberWithRules)
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), eq(members.id, id)));
  return rows[0];
}

/** A workspace's tokens, revoked ones too, oldest first. */
export async function listTokens(
  db: Db,
  workspaceId: string,
): Promise<(TokenRecord & { lastUsedAt: number | null })[]> {
  const rows = await readPages(PAGE_ROWS, "id", (after) =>
    db
      .select({ ...tokenColumns, lastUsedAt: tokens.lastUsedAt })
      .from(tokens)
      .where(and(eq(tokens.workspaceId, workspaceId), gt(tokens.id, after)))
      .orderBy(asc(tokens.id))
      .limit(PAGE_ROWS),
  );
  return rows.toSorted((a, b) => a.createdAt - b.createdAt);
}

/** Reads a list to its end: D1 limits what one answer may hold. Pages are ordered by `key`, which no two rows share. */
async function readPages<K extends string, T extends Record<K, string>>(
  size: number,
  key: K,
  page: (after: string) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (let after = ""; ;) {
    const rows = await page(after);
    all.push(...rows);
    const last = rows.at(-1);
    if (!last || rows.length < size) return all;
    after = last[key];
  }
}
