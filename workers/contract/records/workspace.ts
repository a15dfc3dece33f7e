import { z } from "zod";
import type { InstanceRecord } from "../hosting/instances.ts";
import { MAX_SERVER_TIME_LIMIT_SECONDS } from "../limits.ts";
import { ServerOrigin } from "../marketplace/server-origin.ts";
import { AgentTerms } from "./agents.ts";
import { PerPerson, type ConnectionRecord } from "./connection.ts";
import { ChangePolicy } from "./contract.ts";
import { AccessToken, OauthClient, OauthSettings } from "./oauth.ts";
import { AllowingRule, Rule, RuleHolder } from "./rule.ts";
import { Slug } from "./slug.ts";
import type { TeamRecord } from "./team.ts";

/**
 * How much of a client's capabilities a legacy server accepts in `initialize`: all, `bare` (the kinds without their
 * members), or none.
 */
export type AcceptedCapabilities = "all" | "bare" | "none";

/** The transport of an upstream: streamable HTTP, or HTTP+SSE (2024-11-05). */
export const Transport = z.enum(["streamable-http", "sse"]);
export type Transport = z.infer<typeof Transport>;

/** `modern`: protocol revision 2026-07-28, stateless. `legacy`: every revision that starts with `initialize`. */
export const Era = z.enum(["modern", "legacy"]);
export type Era = z.infer<typeof Era>;

/** The role of a member in a workspace. An auditor reads what an owner reads, changes nothing and calls no tool. */
export const Role = z.enum(["owner", "admin", "auditor", "member"]);
export type Role = z.infer<typeof Role>;

/** An admin and an auditor have rights that the other one lacks: neither role is within the other. */
const ROLES_WITHIN: Record<Role, Role[]> = {
  owner: ["owner", "admin", "auditor", "member"],
  admin: ["admin", "member"],
  auditor: ["auditor", "member"],
  member: ["member"],
};

/** Whether `role` has no right that `limit` lacks. */
export function isRoleWithin(role: Role, limit: Role): boolean {
  return ROLES_WITHIN[limit].includes(role);
}

/** The rights that both roles have, as a role. */
export function toCommonRole(one: Role, other: Role): Role {
  if (isRoleWithin(one, other)) return one;
  return isRoleWithin(other, one) ? other : "member";
}

/** The rate limits of a workspace. */
export const RateLimits = z.strictObject({
  /** Requests in any 60 s from one client address (IPv6: one /64). */
  perAddressPerMinute: z.int().min(1).max(1_000_000),
  /** Requests in any 60 s with one token; null: no such limit. */
  perTokenPerMinute: z.int().min(1).max(1_000_000).nullable(),
});
export type RateLimits = z.infer<typeof RateLimits>;

/** A client that a workspace refuses by the name that it gives itself (`clientInfo`). */
export const BlockedClient = z
  .strictObject({
    id: z.string(),
    /** Compared without regard to case. */
    name: z.string(),
    /** The beginning of the versions that are refused; null: every version, and a client without one. */
    versionPrefix: z.string().nullable(),
    /** Epoch ms. */
    blockedAt: z.int(),
    /** Name of who blocked it. */
    blockedBy: z.string(),
  })
  .meta({ id: "BlockedClient" });
export type BlockedClient = z.infer<typeof BlockedClient>;

/** The stop of all calls of a workspace. */
export const WorkspaceStop = z.strictObject({
  /** Epoch ms. */
  at: z.int(),
  /** Name of who stopped the calls. */
  by: z.string(),
});
export type WorkspaceStop = z.infer<typeof WorkspaceStop>;

/** A workspace with its settings. */
export const WorkspaceRecord = z.strictObject({
  id: z.string(),
  slug: Slug,
  name: z.string(),
  /** Whether rules are applied; if not, every member can call every tool. */
  enforcement: z.boolean(),
  /**
   * The tools that a member without rules can call while rules are applied: `closed` (of a new workspace): none, `open`:
   * all.
   */
  defaultAccess: z.enum(["open", "closed"]),
  limits: RateLimits,
  retentionDays: z.int().min(1).max(90),
  /** Whether the workspace's registry can be read without a token. */
  publicRegistry: z.boolean(),
  /** Null: calls are not stopped. */
  stopped: WorkspaceStop.nullable(),
  oauth: OauthSettings,
  blockedClients: z.array(BlockedClient),
  /** The workspace's data key, wrapped with a master key. */
  wrappedKey: z.string(),
  createdAt: z.int(),
});
export type WorkspaceRecord = z.infer<typeof WorkspaceRecord>;

/** A secret request header of an upstream server, sealed with the workspace's data key and the server's origin. */
export const SealedHeader = z.strictObject({
  name: z.string(),
  sealed: z.string(),
  lastFour: z.string(),
  setAt: z.int(),
  /** The person who set the value: a user's id, or `operator`. Absent: not known. */
  setBy: z.string().optional(),
  /** Epoch ms at which the server stops accepting it, as an admin says; the gateway enforces nothing. Absent: not known. */
  expiresAt: z.int().optional(),
  /** The person who stated `expiresAt`: a user's id, or `operator`. Absent: not known. */
  expirySetBy: z.string().optional(),
});
export type SealedHeader = z.infer<typeof SealedHeader>;

/** How a modern server also speaks the legacy era, for legacy clients. */
export const LegacyLeg = z.strictObject({
  protocolVersion: z.string(),
  stateful: z.boolean(),
  /** How it runs tool calls as tasks; null: it does not. Absent in records of earlier versions: not known. */
  tasks: z.strictObject({ canCancel: z.boolean() }).nullable().optional(),
});
export type LegacyLeg = z.infer<typeof LegacyLeg>;

/** A time limit of a server, in seconds; null: the general limit. */
export const ServerTimeLimit = z.int().min(1).max(MAX_SERVER_TIME_LIMIT_SECONDS).nullable();

/** An upstream server of a workspace. */
export const ServerRecord = z.strictObject({
  id: z.string(),
  slug: Slug,
  name: z.string(),
  url: z.string(),
  prefix: z.string().nullable(),
  position: z.int(),
  enabled: z.boolean(),
  /** Most time for a call. It starts again with every progress notification. */
  longestCallSeconds: ServerTimeLimit,
  /** Most time of a call without a byte from the server. */
  longestSilenceSeconds: ServerTimeLimit,
  headers: z.record(z.string(), z.string()),
  credentials: z.array(SealedHeader),
  /** The results of the last successful probe; null: never probed. */
  transport: Transport.nullable(),
  era: Era.nullable(),
  protocolVersion: z.string().nullable(),
  /** Whether the server assigns an `Mcp-Session-Id`. */
  stateful: z.boolean(),
  /** Null: the server speaks only `era`, or was not probed for it. */
  legacy: LegacyLeg.nullable(),
  probedAt: z.int().nullable(),
  /** The instance of a hosted server, and the container host of `url`; null: the server is not hosted. */
  hosted: z.strictObject({ instanceId: z.string(), hostId: z.string() }).nullable(),
  /** Null: it was not made from an entry of the marketplace. */
  origin: ServerOrigin.nullable(),
  /** Null: all calls use the account of the workspace, or none. */
  perPerson: PerPerson.nullable(),
  changePolicy: ChangePolicy,
  /** The digest of its `Contract`; null: nothing is approved yet. */
  contractDigest: z.string().nullable(),
  createdAt: z.int(),
  /** When a person last changed it, epoch ms; null: not since an earlier release. */
  changedAt: z.int().nullable(),
});
export type ServerRecord = z.infer<typeof ServerRecord>;

/**
 * A member of a workspace: a person or an agent. Its rules are bound to servers by id (`srv_…:tool_name`, `srv_…:*`), so that they never apply to
 * another server that has the slug later; the management API names servers by slug, as `Rule` does.
 */
export const MemberRecord = RuleHolder.extend({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: Role,
  /** The user who signs in as this member; null: the invitation is not accepted yet. */
  userId: z.string().nullable(),
  /** Since when the member's tokens and access to the dashboard are refused, epoch ms; null: they are not. */
  suspendedAt: z.int().nullable(),
  /** Null: a person. An agent has the role `member`, and neither a user nor an e-mail address. */
  agent: AgentTerms.nullable(),
  createdAt: z.int(),
});
export type MemberRecord = z.infer<typeof MemberRecord>;

/** A member whose rules name servers by slug. */
export const NamedMember = MemberRecord.extend({ rules: z.array(Rule) });
export type NamedMember = z.infer<typeof NamedMember>;

/** A token with which clients call the gateway. */
export const TokenRecord = z.strictObject({
  id: z.string(),
  /** Null: a workspace token, whose owner can call every tool. */
  memberId: z.string().nullable(),
  label: z.string(),
  /** SHA-256 of the token, lowercase hex. The token itself is not stored. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  lastFour: z.string(),
  /**
   * Who created it or last rotated it, and so has seen its value: a user's id (of an API key: its creator's), or
   * `operator`. Null: not known, for tokens of earlier releases.
   */
  createdBy: z.string().nullable(),
  /** The browser session that a temporary token ends with; null: a token that a person made for a client. */
  sessionId: z.string().nullable(),
  createdAt: z.int(),
  expiresAt: z.int().nullable(),
  revokedAt: z.int().nullable(),
  /**
   * Narrows what the token lists and may call to these rules, bound to servers by id as a member's. Null: all that its
   * owner may call.
   */
  tools: z.array(z.string()).nullable(),
  /** Since when the token is refused until an admin lifts that, epoch ms; null: it is not. */
  suspendedAt: z.int().nullable(),
  /**
   * The client of an OAuth grant, whose holder has one of `accessTokens`; null: the value with `digest` is the token. A grant
   * has a digest that no value has.
   */
  client: OauthClient.nullable(),
  /**
   * The trust rule of an agent whose workloads have `accessTokens`. It has a digest that no value has. Null: no workload
   * has got this token.
   */
  trustRuleId: z.string().nullable(),
  /** The issuer whose assertions have made a grant; null: its member has consented, or it is none. */
  issuerId: z.string().nullable(),
  /** The valid access tokens of a grant or a trust rule, the newest first. */
  accessTokens: z.array(AccessToken),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

/** Whether clients hold one of a token's `accessTokens`, and not a value with its `digest`. */
export function hasAccessTokens({
  client,
  trustRuleId,
}: Pick<TokenRecord, "client" | "trustRuleId">): boolean {
  return client !== null || trustRuleId !== null;
}

/** A token whose rules name servers by slug. */
export const NamedToken = TokenRecord.extend({ tools: z.array(AllowingRule).nullable() });
export type NamedToken = z.infer<typeof NamedToken>;

/** The configuration of a workspace. D1 is the system of record, the Workspace object has a copy. */
export interface WorkspaceConfig {
  workspace: WorkspaceRecord;
  servers: Map<string, ServerRecord>;
  members: Map<string, MemberRecord>;
  teams: Map<string, TeamRecord>;
  /** By id. */
  tokens: Map<string, TokenRecord>;
  instances: Map<string, InstanceRecord>;
  /** The sign-ins at servers, by id. */
  connections: Map<string, ConnectionRecord>;
}

/** One changed entity of a `WorkspaceConfig`; `value: null` removes it. */
export type EntityChange =
  | { kind: "workspace"; id: string; value: WorkspaceRecord }
  | { kind: "server"; id: string; value: ServerRecord | null }
  | { kind: "member"; id: string; value: MemberRecord | null }
  | { kind: "team"; id: string; value: TeamRecord | null }
  | { kind: "token"; id: string; value: TokenRecord | null }
  | { kind: "instance"; id: string; value: InstanceRecord | null }
  | { kind: "connection"; id: string; value: ConnectionRecord | null };
