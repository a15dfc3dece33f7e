import { and, eq, inArray, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { AuditEvent } from "../contract/records/audit.ts";
import {
  hasAccessTokens,
  type EntityChange,
  type MemberRecord,
  type TokenRecord,
} from "../contract/records/workspace.ts";
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
      return toMemberStatements(db, workspaceId, change.value);
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

function toMemberStatements(
  db: Db,
  workspaceId: string | SQL,
  { rules: memberRules, terms, ...member }: MemberRecord,
): Statement[] {
  const saveMember = db
    .insert(members)
    .values({ ...member, workspaceId })
    .onConflictDoUpdate({ target: members.id, set: member });
  const deleteRules = db.delete(rules).where(eq(rules.memberId, member.id));
  const insertRules = db.insert(rules).select(toRuleRows(member.id, { rules: memberRules, terms }));
  return [saveMember, deleteRules, insertRules];
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
    ...toVersionDeletion(db, id),
    ...toIssuerDeletion(db, id),
    // Foreign keys delete their members and rules with the teams, and rules and invitations with the members.
    db.delete(teams).where(eq(teams.workspaceId, id)),
    db.delete(members).where(eq(members.workspaceId, id)),
    db.update(workspaces).set({ deletedAt, wrappedKey: "" }).where(eq(workspaces.id, id)),
  ];
}
