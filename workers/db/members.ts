import { and, asc, eq, getTableColumns, gt } from "drizzle-orm";
import type { MemberRecord, NamedMember } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { readPages } from "./read-pages.ts";
import { members } from "./schema.ts";
import { selectRules } from "./stored-rules.ts";

/** Few in one query: each row includes up to 2,000 rules. */
const PAGE_ROWS = 50;

const { workspaceId: _owner, lastSeenAt: _lastSeenAt, ...memberColumns } = getTableColumns(members);
const boundRules = selectRules("rules", "member_id = members.id", false);
const namedRules = selectRules("rules", "member_id = members.id", true);

/** Returns a workspace's members with their rules by server id, oldest first. */
export function listMemberRecords(db: Db, workspaceId: string): Promise<MemberRecord[]> {
  return readMembers(db, workspaceId, boundRules);
}

/** Returns a workspace's members with their rules by server slug, oldest first. */
export function listMembers(db: Db, workspaceId: string): Promise<NamedMember[]> {
  return readMembers(db, workspaceId, namedRules);
}

async function readMembers(
  db: Db,
  workspaceId: string,
  rules: typeof boundRules,
): Promise<MemberRecord[]> {
  const rows = await readPages(PAGE_ROWS, "id", (after) =>
    db
      .select({ ...memberColumns, stored: rules })
      .from(members)
      .where(and(eq(members.workspaceId, workspaceId), gt(members.id, after)))
      .orderBy(asc(members.id))
      .limit(PAGE_ROWS),
  );
  return rows
    .map(({ stored, ...member }) => ({ ...member, ...stored }))
    .toSorted((a, b) => a.createdAt - b.createdAt);
}

/** Returns a member of a workspace by id, with its rules by server slug. */
export async function findMember(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<NamedMember | undefined> {
  const [found] = await db
    .select({ ...memberColumns, stored: namedRules })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), eq(members.id, id)));
  if (!found) return undefined;
  const { stored, ...member } = found;
  return { ...member, ...stored };
}
