import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ServerOrigin } from "../contract/marketplace/server-origin.ts";
import type { AgentTerms } from "../contract/records/agents.ts";
import type { CallStatus, ResendReason } from "../contract/records/audit.ts";
import type { PerPerson } from "../contract/records/connection.ts";
import type { ChangePolicy } from "../contract/records/contract.ts";
import type { OauthClient, OauthSettings } from "../contract/records/oauth.ts";
import type {
  BlockedClient,
  Era,
  LegacyLeg,
  RateLimits,
  Role,
  SealedHeader,
  ServerRecord,
  Transport,
  WorkspaceRecord,
  WorkspaceStop,
} from "../contract/records/workspace.ts";
import type { UpstreamErrorCode } from "../contract/rpc/tool-catalogue.ts";

// The tables of `d1-migrations/`, which also defines keys and indexes. Fields have the names of the contract.

/** Workspaces, including deleted workspaces until their audit rows expire. */
export const workspaces = sqliteTable("workspaces", {
  id: text().primaryKey(),
  slug: text().notNull(),
  name: text().notNull(),
  enforcement: integer({ mode: "boolean" }).notNull(),
  defaultAccess: text("default_access").$type<WorkspaceRecord["defaultAccess"]>().notNull(),
  limits: text({ mode: "json" }).$type<RateLimits>().notNull(),
  retentionDays: integer("retention_days").notNull(),
  publicRegistry: integer("public_registry", { mode: "boolean" }).notNull(),
  stopped: text({ mode: "json" }).$type<WorkspaceStop>(),
  blockedClients: text("blocked_clients", { mode: "json" }).$type<BlockedClient[]>().notNull(),
  oauth: text({ mode: "json" }).$type<OauthSettings>().notNull(),
  wrappedKey: text("wrapped_key").notNull(),
  createdAt: integer("created_at").notNull(),
  deletedAt: integer("deleted_at"),
});

/** Servers (upstreams) of workspaces. */
export const servers = sqliteTable("servers", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  slug: text().notNull(),
  name: text().notNull(),
  url: text().notNull(),
  prefix: text(),
  position: integer().notNull(),
  enabled: integer({ mode: "boolean" }).notNull(),
  longestCallSeconds: integer("longest_call_seconds"),
  longestSilenceSeconds: integer("longest_silence_seconds"),
  headers: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
  credentials: text({ mode: "json" }).$type<SealedHeader[]>().notNull(),
  transport: text().$type<Transport>(),
  era: text().$type<Era>(),
  protocolVersion: text("protocol_version"),
  stateful: integer({ mode: "boolean" }).notNull(),
  legacy: text({ mode: "json" }).$type<LegacyLeg>(),
  probedAt: integer("probed_at"),
  hosted: text({ mode: "json" }).$type<NonNullable<ServerRecord["hosted"]>>(),
  origin: text({ mode: "json" }).$type<ServerOrigin>(),
  perPerson: text("per_person", { mode: "json" }).$type<PerPerson>(),
  changePolicy: text("change_policy").$type<ChangePolicy>().notNull().default("allow"),
  contractDigest: text("contract_digest"),
  createdAt: integer("created_at").notNull(),
  changedAt: integer("changed_at"),
});

/** Members of workspaces. */
export const members = sqliteTable("members", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  name: text().notNull(),
  email: text(),
  role: text().$type<Role>().notNull(),
  userId: text("user_id"),
  isRestricted: integer("is_restricted", { mode: "boolean" }).notNull(),
  rulesVersion: integer("rules_version").notNull().default(0),
  suspendedAt: integer("suspended_at"),
  lastSeenAt: integer("last_seen_at"),
  agent: text({ mode: "json" }).$type<AgentTerms>(),
  createdAt: integer("created_at").notNull(),
});

/** Names of removed members. */
export const formerMembers = sqliteTable("former_members", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  name: text().notNull(),
  userId: text("user_id"),
  removedAt: integer("removed_at").notNull(),
});

/** Rules of members. */
export const rules = sqliteTable("rules", {
  memberId: text("member_id").notNull(),
  serverId: text("server_id").notNull(),
  denies: integer({ mode: "boolean" }).notNull(),
  toolName: text("tool_name").notNull(),
  endsAt: integer("ends_at"),
  since: integer(),
  grantedBy: text("granted_by"),
});

/** Tokens of workspaces, with SHA-256 digests. */
export const tokens = sqliteTable("tokens", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  memberId: text("member_id"),
  label: text().notNull(),
  digest: text().notNull(),
  lastFour: text("last_four").notNull(),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at"),
  revokedAt: integer("revoked_at"),
  suspendedAt: integer("suspended_at"),
  lastUsedAt: integer("last_used_at"),
  lastClientName: text("last_client_name"),
  lastClientVersion: text("last_client_version"),
  createdBy: text("created_by"),
  tools: text({ mode: "json" }).$type<string[]>(),
  sessionId: text("session_id"),
  client: text({ mode: "json" }).$type<OauthClient>(),
  trustRuleId: text("trust_rule_id"),
  issuerId: text("issuer_id"),
});

/** The valid access tokens of OAuth grants and trust rules. */
export const oauthAccessTokens = sqliteTable("oauth_access_tokens", {
  digest: text().primaryKey(),
  tokenId: text("token_id").notNull(),
  expiresAt: integer("expires_at").notNull(),
});

/** The members who have dismissed "Getting started". */
export const gettingStartedDismissals = sqliteTable("getting_started_dismissals", {
  memberId: text("member_id").primaryKey(),
});

/** Numbers of refused tokens by hour. */
export const refusedTokens = sqliteTable("refused_tokens", {
  workspaceId: text("workspace_id").notNull(),
  hour: integer().notNull(),
  count: integer().notNull(),
});

/** History of health checks. */
export const serverChecks = sqliteTable("server_checks", {
  serverId: text("server_id").notNull(),
  workspaceId: text("workspace_id").notNull(),
  checkedAt: integer("checked_at").notNull(),
  latencyMs: integer("latency_ms").notNull(),
  errorCode: text("error_code").$type<UpstreamErrorCode>(),
  errorMessage: text("error_message"),
  httpStatus: integer("http_status"),
});

/** Call outcomes: the call part of the audit log. */
export const toolCalls = sqliteTable("mcp_tool_calls", {
  id: text().notNull(),
  seq: integer().notNull(),
  workspaceId: text("workspace_id").notNull(),
  memberId: text("member_id"),
  tokenId: text("token_id"),
  serverSlug: text("server_slug"),
  toolName: text("tool_name"),
  method: text().notNull(),
  status: text().$type<CallStatus>().notNull(),
  errorCode: text("error_code"),
  latencyMs: integer("latency_ms"),
  protocolVersion: text("protocol_version"),
  clientName: text("client_name"),
  createdAt: integer("created_at").notNull(),
  clientVersion: text("client_version"),
  resendReason: text("resend_reason").$type<ResendReason>(),
  count: integer().notNull(),
  rule: text(),
});

/** Views of the audit log that members have saved. */
export const savedViews = sqliteTable("saved_views", {
  id: text().primaryKey(),
  memberId: text("member_id").notNull(),
  name: text().notNull(),
  search: text().notNull(),
  createdAt: integer("created_at").notNull(),
});

/** Audit events: the change part of the audit log. */
export const auditEvents = sqliteTable("audit_events", {
  seq: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull(),
  workspaceId: text("workspace_id").notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  object: text().notNull(),
  detail: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  occurredAt: integer("occurred_at").notNull(),
});
