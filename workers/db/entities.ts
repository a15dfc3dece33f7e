import { and, eq, inArray, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { AuditEvent } from "../contract/records/audit.ts";
import {
  hasAccessTokens,
  type EntityChange,
  type MemberRecord,
  type TokenRecord,
} from "../contract/records/workspace.ts";
import { accessRequests } from "./access-requests-schema.ts";
import { toAlertDeletion } from "./alerts.ts";
import { connections, upstreamClients } from "./connections-schema.ts";
import { toContractDeletion } from "./contracts.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { followedEntries, followedRegistries } from "./followed-registries-schema.ts";
import { toFollowLink } from "./followed-registries.ts";
import { instanceMeters, instances } from "./hosting-schema.ts";
import { toIssuerDeletion } from "./identity-issuers.ts";
import { serverRequests } from "./marketplace-requests-schema.ts";
import { toFulfilment } from "./marketplace-requests.ts";
import { toIdentityBinding } from "./member-identities.ts";
import { apiKeys } from "./people-schema.ts";
import { members, oauthAccessTokens, rules, servers, tokens, workspaces } from "./schema.ts";
import { toScimDeletion } from "./scim.ts";
import { toRuleRows } from "./stored-rules.ts";
import { teams } from "./teams-schema.ts";
import { toTeamRulesLoss, toTeamStatements } from "./teams.ts";
import { toVersionDeletion } from "./versions.ts";

type Statement = BatchItem<"sqlite">;

/** Returns the statements that store an entity's new state, or delete it (`value` null). */
export function toStatements(db: Db, workspaceId: string | SQL, change: EntityChange): Statement[] {
  switch (change.kind) {
    case "workspace":
      return [
        db
          .insert(workspaces)
          .values(change.value)
          .onConflictDoUpdate({ target: workspaces.id, set: change.value }),
      ];
    case "server": {
      if (change.value === null) return toServerDeletion(db, change.id);
      const values = { ...change.value, workspaceId };
      return [
        db
          .insert(servers)
          .values(values)
          .onConflictDoUpdate({ target: servers.id, set: change.value }),
      ];
    }
    case "member":
      if (change.value === null) return [db.delete(members).where(eq(members.id, change.id))];
      return toMemberStatements(db, workspaceId, [change.value]);
    case "team":
      if (change.value === null) return [db.delete(teams).where(eq(teams.id, change.id))];
      return toTeamStatements(db, workspaceId, change.value);
    case "token": {
      if (change.value === null) return [db.delete(tokens).where(eq(tokens.id, change.id))];
      return toTokenStatements(db, workspaceId, change.value);
    }
    case "instance": {
      if (change.value === null)
        return [
          db.delete(instances).where(eq(instances.id, change.id)),
          db.delete(instanceMeters).where(eq(instanceMeters.instanceId, change.id)),
        ];
      const values = { ...change.value, workspaceId };
      return [
        db
          .insert(instances)
          .values(values)
          .onConflictDoUpdate({ target: instances.id, set: change.value }),
      ];
    }
    case "connection":
      if (change.value === null)
        return [db.delete(connections).where(eq(connections.id, change.id))];
      return [db.insert(connections).values({ ...change.value, workspaceId })];
  }
}

/**
 * Returns the statements that store the event of changes, with what follows from it: closed requests, entries of follows,
 * bound identities.
 */
export function toEventStatements(db: Db, event: AuditEvent, changes: EntityChange[]): Statement[] {
  return [
    ...toFulfilment(db, event),
    ...toFollowLink(db, event, changes),
    ...toIdentityBinding(db, event),
    insertEvent(db, event),
  ];
}

/** A foreign key deletes the rules that name the server. That changes the rules of their members and teams. */
function toServerDeletion(db: Db, id: string): Statement[] {
  const losing = db.select({ id: rules.memberId }).from(rules).where(eq(rules.serverId, id));
  return [
    db
      .update(members)
      .set({ rulesVersion: sql`${members.rulesVersion} + 1` })
      .where(inArray(members.id, losing)),
    toTeamRulesLoss(db, id),
    db.delete(servers).where(eq(servers.id, id)),
  ];
}

/** A token that a person made has no access tokens, and never gets any. */
function toTokenStatements(
  db: Db,
  workspaceId: string | SQL,
  { accessTokens, ...token }: TokenRecord,
): Statement[] {
  const saveToken = db
    .insert(tokens)
    .values({ ...token, workspaceId })
    .onConflictDoUpdate({ target: tokens.id, set: token });
  if (!hasAccessTokens(token)) return [saveToken];
  const json = JSON.stringify(accessTokens);
  const { tokenId, digest } = oauthAccessTokens;
  // Those that stay are not written again: a trust rule can have many. SQLite needs the WHERE before ON CONFLICT.
  return [
    saveToken,
    db
      .delete(oauthAccessTokens)
      .where(
        and(
          eq(tokenId, token.id),
          sql`${digest} NOT IN (SELECT value ->> 'digest' FROM json_each(${json}))`,
        ),
      ),
    db
      .insert(oauthAccessTokens)
      .select(
        sql`SELECT value ->> 'digest', ${token.id}, value ->> 'expiresAt' FROM json_each(${json}) WHERE true`,
      )
      .onConflictDoNothing(),
  ];
}

/** Members whose rules fit into one statement: each has up to 2,000, and D1 limits the size of a parameter. */
const MEMBERS_OF_STATEMENT = 20;

/**
 * Returns the statements that store changes in their order. Members that follow each other share theirs: a team of hundreds can
 * be emptied at once, and a batch has at most 1,000 statements.
 */
export function toAllStatements(
  db: Db,
  toWorkspaceId: (change: EntityChange) => string | SQL,
  changes: EntityChange[],
  toStatement: (change: EntityChange) => Statement[],
): Statement[] {
  const statements: Statement[] = [];
  let together: MemberRecord[] = [];
  const flush = (owner: string | SQL) => {
    if (together.length > 0) statements.push(...toMemberStatements(db, owner, together));
    together = [];
  };
  for (const [index, change] of changes.entries()) {
    const owner = toWorkspaceId(change);
    if (change.kind !== "member" || change.value === null) {
      statements.push(...toStatement(change));
      continue;
    }
    together.push(change.value);
    const next = changes[index + 1];
    const goesOn = next?.kind === "member" && next.value !== null;
    if (!goesOn || together.length === MEMBERS_OF_STATEMENT) flush(owner);
  }
  return statements;
}

function toMemberStatements(
  db: Db,
  workspaceId: string | SQL,
  records: MemberRecord[],
): Statement[] {
  const json = JSON.stringify(
    records.map(({ rules: _rules, terms: _terms, agent, ...member }) => ({
      ...member,
      agent: agent && JSON.stringify(agent),
    })),
  );
  const of = (field: keyof MemberRecord) => sql.raw(`value ->> '${field}'`);
  const { id, name, email, role, userId, isRestricted, rulesVersion, suspendedAt, agent } = members;
  const set = { name, email, role, userId, isRestricted, rulesVersion, suspendedAt, agent };
  const excluded: Record<string, SQL> = Object.fromEntries(
    Object.entries(set).map(([field, column]) => [field, sql.raw(`excluded.${column.name}`)]),
  );
  return [
    db
      .insert(members)
      .select(
        sql`SELECT ${of("id")}, ${workspaceId}, ${of("name")}, ${of("email")}, ${of("role")}, ${of("userId")},
          ${of("isRestricted")}, ${of("rulesVersion")}, ${of("suspendedAt")}, NULL, ${of("agent")}, ${of("createdAt")}
          FROM json_each(${json}) WHERE true`,
      )
      .onConflictDoUpdate({ target: id, set: excluded }),
    db
      .delete(rules)
      .where(sql`${rules.memberId} IN (SELECT value ->> 'id' FROM json_each(${json}))`),
    db.insert(rules).select(toRuleRows(records)),
  ];
}

/**
 * Returns the statements that delete a workspace. Its audit rows stay until their retention ends. Its data key is
 * deleted, which makes everything sealed with it unreadable.
 */
export function toWorkspaceDeletion(db: Db, id: string, deletedAt: number): Statement[] {
  const follows = db
    .select({ id: followedRegistries.id })
    .from(followedRegistries)
    .where(eq(followedRegistries.workspaceId, id));
  return [
    db.delete(tokens).where(eq(tokens.workspaceId, id)),
    db.delete(followedEntries).where(inArray(followedEntries.followId, follows)),
    db.delete(followedRegistries).where(eq(followedRegistries.workspaceId, id)),
    ...toContractDeletion(db, id),
    // Foreign keys delete the sign-ins at servers with them.
    db.delete(servers).where(eq(servers.workspaceId, id)),
    db.delete(upstreamClients).where(eq(upstreamClients.workspaceId, id)),
    db.delete(instances).where(eq(instances.workspaceId, id)),
    db.delete(apiKeys).where(eq(apiKeys.workspaceId, id)),
    db.delete(serverRequests).where(eq(serverRequests.workspaceId, id)),
    db.delete(accessRequests).where(eq(accessRequests.workspaceId, id)),
    ...toAlertDeletion(db, id),
    ...toVersionDeletion(db, id),
    ...toIssuerDeletion(db, id),
    ...toScimDeletion(db, id),
    // Foreign keys delete their members and rules with the teams, and rules and invitations with the members.
    db.delete(teams).where(eq(teams.workspaceId, id)),
    db.delete(members).where(eq(members.workspaceId, id)),
    db.update(workspaces).set({ deletedAt, wrappedKey: "" }).where(eq(workspaces.id, id)),
  ];
}
