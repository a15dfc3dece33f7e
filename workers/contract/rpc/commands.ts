import { z } from "zod";
import type {
  InstanceInput,
  InstanceObservation,
  InstanceRecord,
  RestartInput,
} from "../hosting/instances.ts";
import { Slug } from "../records/slug.ts";
import { RateLimits, Role, Rule } from "../records/workspace.ts";
import type {
  ServerRecord,
  TokenRecord,
  MemberRecord,
  Role as RoleName,
  WorkspaceRecord,
} from "../records/workspace.ts";
import type { ServerCheck } from "./tool-catalogue.ts";

/** Lowercase letters, digits and `_`, so that `<prefix>_<tool>` is a name every client accepts. */
const Prefix = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/,
    "use 1 to 32 of a-z, A-Z, 0-9, _ and -, starting with a letter or digit",
  );
const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "not a valid header name (RFC 9110, section 5.1)");
const HeaderValue = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x20-\x7e]+$/, "use visible ASCII characters and spaces");
const Name = z.string().trim().min(1).max(120);
const MAX_POSITION = 10_000;

export const ServerInput = z.strictObject({
  slug: Slug,
  name: Name.optional(),
  url: z.url({ protocol: /^https?$/ }).max(2048),
  /** Null or absent: tools keep their own names. */
  prefix: Prefix.nullable().optional(),
  /** Absent: last. */
  position: z.int().min(0).max(MAX_POSITION).optional(),
  enabled: z.boolean().optional(),
  /** Plain headers sent with every request to the server. Secrets belong in `credentials`. */
  headers: z.record(HeaderName, HeaderValue).optional(),
  /** Secret headers, by name: write-only, stored encrypted and bound to the URL's origin. */
  credentials: z.record(HeaderName, HeaderValue).optional(),
});
export type ServerInput = z.infer<typeof ServerInput>;

/** `credentials`: a value sets that header, null removes it; headers not named stay as they are. */
export const ServerPatch = ServerInput.omit({ slug: true, credentials: true })
  .extend({ credentials: z.record(HeaderName, HeaderValue.nullable()) })
  .partial();
export type ServerPatch = z.infer<typeof ServerPatch>;

/** All servers of the workspace, each exactly once, in the order in which clients see their tools. */
export const ServersOrder = z.strictObject({ slugs: z.array(Slug).max(MAX_POSITION + 1) });
export type ServersOrder = z.infer<typeof ServersOrder>;

export const WorkspacePatch = z
  .strictObject({
    name: Name,
    enforcement: z.boolean(),
    defaultAccess: z.enum(["open", "closed"]),
    limits: RateLimits.partial(),
    retentionDays: z.int().min(1).max(90),
  })
  .partial();
export type WorkspacePatch = z.infer<typeof WorkspacePatch>;

export const WorkspaceInput = WorkspacePatch.extend({ slug: Slug, name: Name });
export type WorkspaceInput = z.infer<typeof WorkspaceInput>;

export const MemberInput = z.strictObject({
  name: Name,
  email: z.email().max(254).nullable().optional(),
  role: Role.optional(),
});
export type MemberInput = z.infer<typeof MemberInput>;
export const MemberPatch = MemberInput.partial();
export type MemberPatch = z.infer<typeof MemberPatch>;

export const RulesInput = z.strictObject({ rules: z.array(Rule).max(2_000) });

/** Changes the rules of many members at once, all or nothing. */
export const RulesEdit = z.strictObject({
  memberIds: z.array(z.string()).min(1).max(200),
  add: z.array(Rule).max(500).default([]),
  remove: z.array(Rule).max(500).default([]),
});
export type RulesEdit = z.infer<typeof RulesEdit>;

export const TokenInput = z.strictObject({
  /** Null or absent: a workspace token, which has every tool. */
  memberId: z.string().nullable().optional(),
  label: Name,
  /** Epoch ms. */
  expiresAt: z.int().min(0).nullable().optional(),
});
export type TokenInput = z.infer<typeof TokenInput>;

/** The role of whoever asks, where that decides: only an owner makes, changes or removes owners. Absent: the operator. */
interface By {
  by?: RoleName | undefined;
}

/** Restricts a change to a token of this member: for all others' tokens the answer is that of an unknown one. */
interface Of {
  of?: string;
}

/** Every change that can be made to a workspace. Sent to its Workspace object, which orders them. */
export type Command =
  /** `owner`: the person who creates it becomes its first member. */
  | { type: "workspace.create"; input: WorkspaceInput; owner?: { userId: string; name: string } }
  | { type: "workspace.update"; patch: WorkspacePatch }
  | { type: "workspace.delete" }
  | { type: "server.create"; input: ServerInput }
  | { type: "server.update"; slug: string; patch: ServerPatch }
  | { type: "server.delete"; slug: string }
  | { type: "server.reorder"; order: ServersOrder }
  | ({ type: "member.create"; input: MemberInput; userId?: string } & By)
  | ({ type: "member.update"; id: string; patch: MemberPatch } & By)
  | ({ type: "member.delete"; id: string } & By)
  /** From now on this user signs in as the member, whom nobody signed in as before, if it has this role still. */
  | { type: "member.join"; id: string; userId: string; role: RoleName | null }
  | { type: "member.rules"; id: string; rules: string[] }
  | { type: "rules.edit"; edit: RulesEdit }
  | { type: "token.create"; input: TokenInput }
  | ({ type: "token.rotate"; id: string } & Of)
  | ({ type: "token.revoke"; id: string } & Of)
  /** `limit`: the most instances that the workspace may have. */
  | { type: "instance.create"; input: InstanceInput; limit: number }
  /** It is about to be started anew. */
  | { type: "instance.restart"; id: string; input: RestartInput }
  /** A host is about to be asked for it. */
  | { type: "instance.place"; id: string; hostId: string }
  /** What was seen of its run; its server appears in the gateway when it runs. `url`: of the server. */
  | { type: "instance.observe"; id: string; seen: InstanceObservation; url: string | null }
  /** Its server goes with it. */
  | { type: "instance.delete"; id: string };

/** What a command answers. `token` is the clear token, shown this once. */
export interface CommandResults {
  "workspace.create": { workspace: WorkspaceRecord };
  "workspace.update": { workspace: WorkspaceRecord };
  "workspace.delete": Record<string, never>;
  "server.create": { server: ServerRecord; check: ServerCheck | null };
  "server.update": { server: ServerRecord; check: ServerCheck | null };
  "server.delete": Record<string, never>;
  "server.reorder": { servers: ServerRecord[] };
  "member.create": { member: MemberRecord };
  "member.update": { member: MemberRecord };
  "member.delete": Record<string, never>;
  "member.join": { member: MemberRecord };
  "member.rules": { member: MemberRecord };
  "rules.edit": { members: MemberRecord[] };
  "token.create": { token: string; record: TokenRecord };
  "token.rotate": { token: string; record: TokenRecord };
  "token.revoke": { record: TokenRecord };
  "instance.create": { instance: InstanceRecord };
  "instance.restart": { instance: InstanceRecord };
  "instance.place": { instance: InstanceRecord };
  "instance.observe": { instance: InstanceRecord };
  "instance.delete": { instance: InstanceRecord };
}

/** Why a command was not carried out; the management API turns each into a status. */
export type Refusal = {
  code: "not_found" | "conflict" | "invalid" | "forbidden" | "unavailable";
  message: string;
};

export type ChangeResult<T extends Command["type"] = Command["type"]> =
  | { ok: true; result: CommandResults[T] }
  | { ok: false; refusal: Refusal };
