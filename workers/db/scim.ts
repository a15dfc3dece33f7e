import { and, asc, count, eq, isNull, ne, or, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { ScimGroupRecord, ScimUserRecord, ScimWrites } from "../contract/records/scim.ts";
import type { Db } from "./database.ts";
import { apiKeys, sessions } from "./people-schema.ts";
import { scimGroups, scimTokens, scimUsers } from "./scim-schema.ts";
import { teamMembers, teams } from "./teams-schema.ts";

/** A group with the team that it is. */
export interface ScimGroup extends ScimGroupRecord {
  name: string;
  externalId: string | null;
  memberIds: string[];
}

/** Which users or groups are read: those with all of these values. An empty selection is all of them. */
export interface ScimSelection {
  id?: string;
  externalId?: string;
  /** Of a user: as `toUserNameKey` gives it. Of a group: the name in lower case. */
  nameKey?: string;
}

/** Returns the users of a workspace's directory, oldest first. */
export async function listScimUsers(
  db: Db,
  workspaceId: string,
  { id, externalId, nameKey }: ScimSelection = {},
): Promise<ScimUserRecord[]> {
  return db
    .select()
    .from(scimUsers)
    .where(
      and(
        eq(scimUsers.workspaceId, workspaceId),
        id === undefined ? undefined : eq(scimUsers.memberId, id),
        externalId === undefined ? undefined : eq(scimUsers.externalId, externalId),
        nameKey === undefined ? undefined : eq(scimUsers.userNameKey, nameKey),
      ),
    )
    .orderBy(asc(scimUsers.createdAt), asc(scimUsers.memberId));
}

/** Returns the user that is this member; undefined: the directory manages no such member. */
export async function findScimUser(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<ScimUserRecord | undefined> {
  return (await listScimUsers(db, workspaceId, { id }))[0];
}

/** Returns those of these members that the directory manages. */
export async function listScimUserIds(
  db: Db,
  workspaceId: string,
  ids: string[],
): Promise<Set<string>> {
  const rows = await db
    .select({ id: scimUsers.memberId })
    .from(scimUsers)
    .where(
      and(
        eq(scimUsers.workspaceId, workspaceId),
        sql`${scimUsers.memberId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
  return new Set(rows.map(({ id }) => id));
}

/** Returns another user that has this user name or external id; undefined: none has. `ownId` null: of all. */
export async function findScimNamesake(
  db: Db,
  workspaceId: string,
  { nameKey, externalId }: { nameKey: string; externalId: string | null },
  ownId: string | null,
): Promise<ScimUserRecord | undefined> {
  const rows = await db
    .select()
    .from(scimUsers)
    .where(
      and(
        eq(scimUsers.workspaceId, workspaceId),
        ownId === null ? undefined : ne(scimUsers.memberId, ownId),
        or(
          eq(scimUsers.userNameKey, nameKey),
          externalId === null ? undefined : eq(scimUsers.externalId, externalId),
        ),
      ),
    )
    .limit(1);
  return rows[0];
}

const memberIds = sql`(SELECT json_group_array(member_id) FROM (SELECT member_id FROM team_members
    WHERE team_id = teams.id ORDER BY member_id))`.mapWith(
  // A cast: SQLite made this JSON from an array of texts.
  (json: string) => JSON.parse(json) as string[],
);

/** Returns the groups of a workspace's directory with their members, oldest first. Those that it has removed are left out. */
export async function listScimGroups(
  db: Db,
  workspaceId: string,
  { id, externalId, nameKey }: ScimSelection = {},
): Promise<ScimGroup[]> {
  return selectGroups(
    db,
    and(
      eq(scimGroups.workspaceId, workspaceId),
      isNull(scimGroups.deletedAt),
      id === undefined ? undefined : eq(scimGroups.teamId, id),
      externalId === undefined ? undefined : eq(teams.externalId, externalId),
      nameKey === undefined ? undefined : sql`lower(${teams.name}) = lower(${nameKey})`,
    ),
  );
}

function selectGroups(db: Db, where: SQL | undefined): Promise<ScimGroup[]> {
  const { teamId, workspaceId, deletedAt, version, createdAt, updatedAt } = scimGroups;
  const { name, externalId } = teams;
  return db
    .select({
      teamId,
      workspaceId,
      deletedAt,
      version,
      createdAt,
      updatedAt,
      name,
      externalId,
      memberIds,
    })
    .from(scimGroups)
    .innerJoin(teams, eq(teams.id, scimGroups.teamId))
    .where(where)
    .orderBy(asc(scimGroups.createdAt), asc(scimGroups.teamId));
}

/** Returns the groups that each of these members is in, by member. */
export async function listGroupsOf(
  db: Db,
  workspaceId: string,
  ids: string[],
): Promise<Map<string, { id: string; name: string }[]>> {
  const rows = await db
    .select({ memberId: teamMembers.memberId, id: teams.id, name: teams.name })
    .from(teamMembers)
    .innerJoin(scimGroups, eq(scimGroups.teamId, teamMembers.teamId))
    .innerJoin(teams, eq(teams.id, teamMembers.teamId))
    .where(
      and(
        eq(scimGroups.workspaceId, workspaceId),
        isNull(scimGroups.deletedAt),
        sql`${teamMembers.memberId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    )
    .orderBy(asc(teams.name));
  return Map.groupBy(rows, ({ memberId }) => memberId);
}

/** Returns a team's record as a group, also one that the directory has removed; undefined: it never was one. */
export async function findScimGroup(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<ScimGroupRecord | undefined> {
  const rows = await db
    .select()
    .from(scimGroups)
    .where(and(eq(scimGroups.workspaceId, workspaceId), eq(scimGroups.teamId, id)));
  return rows[0];
}

/** Returns how many people and teams a workspace's directory manages. */
export async function countScim(
  db: Db,
  workspaceId: string,
): Promise<{ users: number; groups: number }> {
  const [users, groups] = await db.batch([
    db.select({ count: count() }).from(scimUsers).where(eq(scimUsers.workspaceId, workspaceId)),
    db
      .select({ count: count() })
      .from(scimGroups)
      .where(and(eq(scimGroups.workspaceId, workspaceId), isNull(scimGroups.deletedAt))),
  ]);
  return { users: users[0]?.count ?? 0, groups: groups[0]?.count ?? 0 };
}

/** Returns the statements that store what a change of a directory stores besides its members and teams. */
export function toScimStatements(
  db: Db,
  { user, group, endsAccessOf }: ScimWrites,
  workspaceId: string,
  at: number,
): BatchItem<"sqlite">[] {
  const store: BatchItem<"sqlite">[] = [];
  if (user)
    store.push(
      db
        .insert(scimUsers)
        .values(user)
        .onConflictDoUpdate({ target: scimUsers.memberId, set: user }),
    );
  if (group)
    store.push(
      db
        .insert(scimGroups)
        .values(group)
        .onConflictDoUpdate({ target: scimGroups.teamId, set: group }),
    );
  if (endsAccessOf !== null)
    store.push(
      db
        .update(apiKeys)
        .set({ revokedAt: at })
        .where(
          and(
            eq(apiKeys.workspaceId, workspaceId),
            eq(apiKeys.createdBy, endsAccessOf),
            isNull(apiKeys.revokedAt),
          ),
        ),
      db
        .delete(sessions)
        .where(and(eq(sessions.userId, endsAccessOf), eq(sessions.workspaceId, workspaceId))),
    );
  return store;
}

/** Returns the statements that delete a workspace's SCIM tokens, users and groups. */
export function toScimDeletion(db: Db, workspaceId: string): BatchItem<"sqlite">[] {
  return [
    db.delete(scimTokens).where(eq(scimTokens.workspaceId, workspaceId)),
    db.delete(scimUsers).where(eq(scimUsers.workspaceId, workspaceId)),
    db.delete(scimGroups).where(eq(scimGroups.workspaceId, workspaceId)),
  ];
}

/** Returns the members that the directory manages, by user name. */
export async function listScimMembers(db: Db, workspaceId: string) {
  const { memberId, userName, externalId, active, updatedAt } = scimUsers;
  return db
    .select({ memberId, userName, externalId, active, updatedAt })
    .from(scimUsers)
    .where(eq(scimUsers.workspaceId, workspaceId))
    .orderBy(asc(scimUsers.userNameKey));
}
