import { z } from "zod";
import type {
  InstanceInput,
  InstanceObservation,
  InstanceRecord,
  RestartInput,
} from "../hosting/instances.ts";
import { MAX_RULES_PER_TOKEN } from "../limits.ts";
import type { ServerOrigin } from "../marketplace/server-origin.ts";
import type { Contract } from "../records/contract.ts";
import { DisplayName } from "../records/display-name.ts";
import type { FollowReference } from "../records/followed-registry.ts";
import type { IssuerIdentity } from "../records/identity-issuer.ts";
import type { AccessToken, OauthClient } from "../records/oauth.ts";
import { AllowingRule } from "../records/rule.ts";
import { Slug } from "../records/slug.ts";
import { Role } from "../records/workspace.ts";
import type {
  ServerRecord,
  NamedMember,
  NamedToken,
  Role as RoleName,
  WorkspaceRecord,
} from "../records/workspace.ts";
import type { AccessRequestArguments, AccessRequestResults } from "./access-request-commands.ts";
import type { AgentArguments, AgentResults } from "./agent-commands.ts";
import type { AssertedGrant } from "./asserted-grant.ts";
import {
  WorkspacePatch,
  type ServerInput,
  type ServerPatch,
  type ServersOrder,
} from "./configuration-inputs.ts";
import type { ConnectionArguments, ConnectionResults } from "./connection-commands.ts";
import type { ContractArguments, ContractResults, ImportedContract } from "./contract-commands.ts";
import type { DirectoryArguments, DirectoryResults } from "./directory-commands.ts";
import type { StopArguments, StopResults } from "./stop-commands.ts";
import type { TeamArguments, TeamResults } from "./team-commands.ts";
import type { ServerCheck } from "./tool-catalogue.ts";
import type { VersionArguments, VersionResults } from "./version-commands.ts";

export { ServerInput, ServerPatch, ServersOrder, WorkspacePatch } from "./configuration-inputs.ts";

/** A new workspace; settings that are absent get their defaults. */
export const WorkspaceInput = WorkspacePatch.extend({ slug: Slug, name: DisplayName });
export type WorkspaceInput = z.infer<typeof WorkspaceInput>;

/** A new member. */
export const MemberInput = z.strictObject({
  name: DisplayName,
  email: z.email().max(254).nullable().optional(),
  role: Role.optional(),
});
export type MemberInput = z.infer<typeof MemberInput>;

/** Changes to a member. */
export const MemberPatch = MemberInput.partial();
export type MemberPatch = z.infer<typeof MemberPatch>;

/**
 * What a token lists and may call at most, among what its owner may call. Null: all of it. For clients that take few tools,
 * and for tokens that are to do one thing.
 */
const TokenTools = z.array(AllowingRule).min(1).max(MAX_RULES_PER_TOKEN).nullable();

/** A new token. */
export const TokenInput = z.strictObject({
  /** Null or absent: a workspace token, which can call every tool. */
  memberId: z.string().nullable().optional(),
  label: DisplayName,
  /** Epoch ms. */
  expiresAt: z.int().min(0).nullable().optional(),
  /** Rules that narrow the token: `server_slug:tool_name` or `server_slug:*`. Null or absent: it is not narrowed. */
  tools: TokenTools.optional(),
});
export type TokenInput = z.infer<typeof TokenInput>;

/** Changes to a token. `tools`: the rules that narrow it; null: it is not narrowed any more. */
export const TokenPatch = z.strictObject({ label: DisplayName, tools: TokenTools }).partial();
export type TokenPatch = z.infer<typeof TokenPatch>;

/**
 * `callerRole`: only an owner can create, change or remove an owner, or get the value of an owner's token. Absent: the
 * operator, or members who change what is theirs.
 */
interface WithCallerRole {
  callerRole?: RoleName | undefined;
}

/**
 * `person`: who reads the token's value, or enters the server's credentials; absent: the actor. An API key is the actor for
 * the person who created it.
 */
interface WithPerson {
  person?: string;
}

/** `ownerId`: limits the command to tokens of this member; any other token is `not_found`. */
interface LimitedToOwner {
  ownerId?: string;
}

/** `origin`: what the input's origin is in the marketplace; null: none. Absent in a change: it stays. */
interface WithOrigin {
  origin?: ServerOrigin | null;
}

/** `contract`: what is approved of the server. Absent: what the first look at it shows. */
interface WithContract {
  contract?: ImportedContract["definitions"];
}

/** `follow`: the followed registry that makes the change, and for which entry. Absent: none does. */
interface ByFollow {
  follow?: FollowReference;
}

/** An access token of the grant with this id in the authorization server. `endsAt`: the grant's end, epoch ms. */
interface GrantedAccess {
  grant: string;
  access: AccessToken;
  endsAt: number;
}

/** The arguments of each command, by its type. */
interface CommandArguments
  extends
    AccessRequestArguments,
    StopArguments,
    AgentArguments,
    ConnectionArguments,
    ContractArguments,
    DirectoryArguments,
    TeamArguments,
    VersionArguments {
  /** `owner`: the user who creates the workspace and becomes its first member. */
  "workspace.create": { input: WorkspaceInput; owner?: { userId: string; name: string } };
  "workspace.update": { patch: WorkspacePatch };
  "workspace.delete": unknown;
  "server.create": { input: ServerInput } & WithPerson & WithOrigin & WithContract & ByFollow;
  "server.update": { slug: string; patch: ServerPatch } & WithPerson & WithOrigin & ByFollow;
  "server.delete": { slug: string } & ByFollow;
  "server.reorder": { order: ServersOrder };
  "member.create": { input: MemberInput; userId?: string } & WithCallerRole;
  "member.update": { id: string; patch: MemberPatch } & WithCallerRole;
  "member.delete": { id: string } & WithCallerRole;
  /**
   * Links a user to a member that has no user yet. `role`: the member's role in the invitation; refused if it changed
   * since. `identity`: bound with it.
   */
  "member.join": {
    id: string;
    userId: string;
    role: RoleName | null;
    identity?: IssuerIdentity;
  };
  "token.create": { input: TokenInput } & WithCallerRole & WithPerson;
  "token.update": { id: string; patch: TokenPatch } & LimitedToOwner & WithCallerRole;
  "token.rotate": { id: string } & LimitedToOwner & WithCallerRole & WithPerson;
  "token.revoke": { id: string } & LimitedToOwner;
  /** A token with which the dashboard calls tools for its user. `sessionEndsAt`: epoch ms. */
  "temporary-token.create": { memberId: string; sessionId: string; sessionEndsAt: number };
  "temporary-token.delete": { id: string } & LimitedToOwner;
  /**
   * A member has signed in from a client. `grant`: its id in the authorization server. `endsAt`: when the grant ends unless
   * it is refreshed, epoch ms.
   */
  "grant.create": GrantedAccess & {
    memberId: string;
    client: OauthClient;
    tools: string[] | null;
  };
  /** A client has refreshed its access. */
  "grant.refresh": GrantedAccess;
  /**
   * A client has given up its grant (`cause` `client`), or a code or a replaced refresh token was used again
   * (`reuse`).
   */
  "grant.end": { grant: string; cause: "client" | "reuse" };
  /** An issuer has asserted that a client acts for a member. */
  "grant.assert": AssertedGrant;
  /** Forgets the grants that assertions of an issuer have made: of one member, or of all (null). */
  "grant.forget": { issuerId: string; memberId: string | null; keepsGrants: boolean };
  /** A client has given up an access token. */
  "grant.drop": { grant: string; digest: string };
  /** Suspends a token, or lifts that. */
  "token.suspend": { id: string; isSuspended: boolean };
  /** `limit`: the maximum number of instances in the workspace. */
  "instance.create": { input: InstanceInput; limit: number } & WithOrigin & ByFollow;
  /** Stores new values and sets the instance to `pending`; the object then starts it. */
  "instance.restart": { id: string; input: RestartInput };
  /** Assigns the instance to a container host, before the host is called. */
  "instance.place": { id: string; hostId: string };
  /** Stores a host's report. The first `running` report creates the instance's server; `url`: that server's URL. */
  "instance.observe": { id: string; observation: InstanceObservation; url: string | null };
  /**
   * Sets the version of the package, after a trial of it; the object then starts it. `current`: the version that ran at the
   * trial. `approval`: the contract that is in force once it runs; null: the present one stays.
   */
  "instance.switch": {
    id: string;
    version: string;
    current: string;
    approval: VersionApproval | null;
  };
  /** Sets the version before a switch whose version did not start. For the object itself; `message`: why. */
  "instance.put-back": { id: string; message: string };
  /** Deletes the instance and its server. */
  "instance.delete": { id: string };
}

/** What a switch of versions approves. `made`: the contract, if it is new. `definitions`: its changes in words. */
export interface VersionApproval {
  contractDigest: string;
  made: Contract | null;
  definitions: string[];
}

/** The types of commands. */
export type CommandType = keyof CommandArguments;

/** A change of a workspace. Its Workspace object executes commands one after the other. */
export type Command<T extends CommandType = CommandType> = {
  [K in T]: { type: K } & CommandArguments[K];
}[T];

/** The result of each command, by its type. `token` is the clear token, returned only here. */
export interface CommandResults
  extends
    AccessRequestResults,
    StopResults,
    AgentResults,
    ConnectionResults,
    ContractResults,
    DirectoryResults,
    TeamResults,
    VersionResults {
  "workspace.create": { workspace: WorkspaceRecord };
  "workspace.update": { workspace: WorkspaceRecord };
  "workspace.delete": Record<string, never>;
  "server.create": { server: ServerRecord; check: ServerCheck | null };
  "server.update": { server: ServerRecord; check: ServerCheck | null };
  "server.delete": Record<string, never>;
  "server.reorder": { servers: ServerRecord[] };
  "member.create": { member: NamedMember };
  "member.update": { member: NamedMember };
  "member.delete": Record<string, never>;
  "member.join": { member: NamedMember };
  "token.create": { token: string; record: NamedToken };
  "token.update": { record: NamedToken };
  "token.rotate": { token: string; record: NamedToken };
  "token.revoke": { record: NamedToken };
  "temporary-token.create": { token: string; id: string; expiresAt: number };
  "temporary-token.delete": Record<string, never>;
  "grant.create": { record: NamedToken };
  "grant.refresh": Record<string, never>;
  "grant.end": Record<string, never>;
  "grant.assert": { token: string; expiresAt: number; grant: string };
  "grant.forget": { left: number };
  "grant.drop": Record<string, never>;
  "instance.create": { instance: InstanceRecord };
  "instance.restart": { instance: InstanceRecord };
  "instance.place": { instance: InstanceRecord };
  "instance.observe": { instance: InstanceRecord };
  "instance.switch": { instance: InstanceRecord };
  "instance.put-back": { instance: InstanceRecord };
  "instance.delete": { instance: InstanceRecord };
}

/** The reason why a command was not executed; the management API maps each code to an HTTP status. */
export interface Refusal {
  code: "not_found" | "conflict" | "invalid" | "forbidden" | "unavailable" | "database_full";
  message: string;
}

/** The result of a command that was not executed. */
export interface RefusedChange {
  ok: false;
  refusal: Refusal;
}

/** The result of a command: the result of its type, or a refusal. */
export type ChangeResult<T extends CommandType = CommandType> =
  | { ok: true; result: CommandResults[T] }
  | RefusedChange;
