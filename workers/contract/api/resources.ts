import { z } from "zod";
import { AuditBacklog, AuditEvent, CallRow } from "../records/audit.ts";
import { CredentialNotice } from "../records/credential-notice.ts";
import { TOOL_CLASSES } from "../records/rule.ts";
import {
  Era,
  NamedMember,
  NamedToken,
  SealedHeader,
  ServerRecord,
  Transport,
  WorkspaceRecord,
} from "../records/workspace.ts";
import { OriginState } from "./marketplace-requests.ts";

// Schemas of the management API: records without digests, keys and sealed values. `meta.id` is the OpenAPI name.

/** Body of every error response outside MCP. */
export const ErrorBody = z
  .object({
    error: z.object({
      /** Stable identifier in snake_case. */
      code: z.string(),
      /** Sentence for a person: the problem and the remedy. */
      message: z.string(),
      /** Identifies the log line of an internal error. */
      requestId: z.string(),
    }),
  })
  .meta({ id: "Error" });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** API view of a workspace: no wrapped data key. Blocked clients have their own route. */
export const Workspace = WorkspaceRecord.omit({ wrappedKey: true, blockedClients: true }).meta({
  id: "Workspace",
});
export type Workspace = z.infer<typeof Workspace>;

/** A person behind a change. */
export const Person = z.object({
  /** A user's id, also for an API key: its creator's; or `operator`. */
  id: z.string(),
  name: z.string().nullable(),
  /** Whether this person is not a member of the workspace any more; false: also of the operator. */
  hasLeft: z.boolean(),
});
export type Person = z.infer<typeof Person>;

/**
 * API view of a server: credential names and last four characters, never values. For a member: `url` is empty, and how the
 * gateway calls the server is left out.
 */
export const Server = ServerRecord.omit({ credentials: true, changedAt: true })
  .extend({
    origin: OriginState.nullable(),
    credentials: z.array(
      SealedHeader.pick({ name: true, lastFour: true, setAt: true }).extend({
        /** The person who set the value; null: not known. */
        setBy: Person.nullable(),
        /** Epoch ms, as an admin has entered it; null: not known, or it does not expire. */
        expiresAt: z.int().nullable(),
      }),
    ),
  })
  .meta({ id: "Server" });
export type Server = z.infer<typeof Server>;

/** API view of a member, with its rules. */
export const Member = NamedMember.extend({}).meta({ id: "Member" });

/** A member in the list of members: with its last activity. Instants in epoch ms; null: none is known. */
export const ListedMember = NamedMember.extend({
  /** Last request to the management API for this workspace, by the dashboard or not; it can be 10 minutes old. */
  lastSeenAt: z.int().nullable(),
  /** Last call through the gateway with any of the member's tokens, refused or not. */
  lastCallAt: z.int().nullable(),
  /** Tokens that are neither revoked nor expired. */
  tokens: z.int(),
}).meta({ id: "ListedMember" });
export type ListedMember = z.infer<typeof ListedMember>;

/** The rules of a member or team. */
export const Rules = NamedMember.pick({
  rules: true,
  terms: true,
  isRestricted: true,
  rulesVersion: true,
}).meta({
  id: "Rules",
});
export type Rules = z.infer<typeof Rules>;

/** API view of a token without its last use. */
export const TokenSummary = NamedToken.omit({
  digest: true,
  createdBy: true,
  sessionId: true,
  trustRuleId: true,
  accessTokens: true,
}).meta({
  id: "TokenSummary",
});
export type TokenSummary = z.infer<typeof TokenSummary>;

/** API view of a token: no digest. */
export const Token = TokenSummary.extend({
  lastUsedAt: z.int().nullable(),
  /** The name and version that the client of the last call gave itself; null: none, or no call. */
  lastClientName: z.string().nullable(),
  lastClientVersion: z.string().nullable(),
}).meta({ id: "Token" });
export type Token = z.infer<typeof Token>;

/** API view of a token for admins: with who has seen its value. */
export const WorkspaceToken = Token.extend({
  /** Who created the token or last rotated it; null: not known. */
  creator: Person.nullable(),
}).meta({ id: "WorkspaceToken" });
export type WorkspaceToken = z.infer<typeof WorkspaceToken>;

/** A new token in clear text, shown only once, with its record. */
export const IssuedToken = z
  .object({ token: z.string(), record: TokenSummary })
  .meta({ id: "IssuedToken" });

/** Requests of one hour (`at`: its start, epoch ms) with a token that is not valid in the workspace. */
export const RefusedTokenHour = z
  .object({ at: z.int(), count: z.int() })
  .meta({ id: "RefusedTokenHour" });
export type RefusedTokenHour = z.infer<typeof RefusedTokenHour>;

/** Why a server could not be used. */
export const UpstreamFailure = z.object({
  code: z.string(),
  message: z.string(),
  status: z.int().optional(),
  /** Of `needs_sign_in`: the authorization server at which the gateway has to sign in. */
  issuer: z.string().optional(),
});

/** Result of a health check; `error` null: the server responded. */
export const Check = z
  .object({
    checkedAt: z.int(),
    latencyMs: z.int(),
    error: UpstreamFailure.nullable(),
  })
  .meta({ id: "Check" });

/** A changed server and its health check; `check` null: the server is disabled, or the check took too long. */
export const CheckedServer = z
  .object({ server: Server, check: Check.nullable() })
  .meta({ id: "CheckedServer" });

/** A tool of a server, from its tool catalogue. */
export const ServerTool = z
  .object({
    /** The tool's name for clients. */
    exposedName: z.string(),
    /** The tool's name on the server, which rules use. */
    name: z.string(),
    description: z.string().nullable(),
    inputSchema: z.record(z.string(), z.unknown()).nullable(),
    annotations: z.record(z.string(), z.unknown()).nullable(),
    /** When the server first listed it, epoch ms; null: it was in the server's first list, or it is not known. */
    firstListedAt: z.int().nullable(),
    /** Number of members who may call it; null: not known. */
    allowedMembers: z.int().nullable(),
  })
  .meta({ id: "ServerTool" });

/** A tool by name: what a rule needs. */
export const NamedTool = z
  .object({
    serverSlug: z.string(),
    name: z.string(),
    exposedName: z.string(),
    /** What it does, by its annotations; null: not known. */
    toolClass: z.enum(TOOL_CLASSES).nullable(),
  })
  .meta({ id: "NamedTool" });
export type NamedTool = z.infer<typeof NamedTool>;

/** What a change of a server's prefix does to the names that clients see, with the calls of the last 30 days. */
export const PrefixPreview = z
  .object({
    items: z.array(
      z.object({
        kind: z.enum(["tool", "prompt"]),
        /** Of another server too: its tools can get better names. */
        serverSlug: z.string(),
        /** The server's own name. */
        name: z.string(),
        before: z.string(),
        after: z.string(),
        calls: z.int(),
      }),
    ),
    /** The members who called them, most calls first; `memberId` null: workspace tokens. */
    people: z.array(
      z.object({ memberId: z.string().nullable(), name: z.string().nullable(), calls: z.int() }),
    ),
  })
  .meta({ id: "PrefixPreview" });
export type PrefixPreview = z.infer<typeof PrefixPreview>;

const ServerState = z
  .object({
    slug: z.string(),
    name: z.string(),
    status: z.enum(["ok", "failing", "unknown", "disabled"]),
    transport: Transport.nullable(),
    era: Era.nullable(),
    tools: z.int(),
    check: Check.nullable(),
    /** What is the matter with the server's credentials, or will be within 14 days; empty for members. */
    credentials: z.array(
      CredentialNotice.extend({
        /** The person who has stated the date; null: the provider, or there is none. */
        declaredBy: Person.nullable(),
      }),
    ),
  })
  .meta({ id: "ServerState" });

/** State of servers by their last health check. */
export const Health = z
  .object({
    items: z.array(ServerState),
    /** Health checks of the server in the query, newest first; empty without one. */
    history: z.array(Check),
    nextCursor: z.string().nullable(),
    /** Null for members. */
    auditBacklog: AuditBacklog.nullable(),
  })
  .meta({ id: "Health" });

/** A call in the audit log, with the names of what it refers to. */
export const ToolCall = CallRow.extend({
  /** Null: the token is a workspace token, or the name is not kept any more. */
  memberName: z.string().nullable(),
  /** Whether the member was removed from the workspace. */
  hasMemberLeft: z.boolean(),
  tokenLabel: z.string().nullable(),
  /** Null: the call has no server, or no server has the slug any more. */
  serverName: z.string().nullable(),
}).meta({ id: "ToolCall" });
export type ToolCall = z.infer<typeof ToolCall>;

/** A change in the audit log, with the names of who made it and of what it changed. */
export const Event = AuditEvent.extend({
  /** A person's name or an API key's label; null: the operator, a job, or a name that is not kept any more. */
  actorName: z.string().nullable(),
  /** Whether the person was removed from the workspace, or the API key was revoked. */
  hasActorLeft: z.boolean(),
  /** Null: the object has no name, or it is not kept any more. */
  objectName: z.string().nullable(),
  /** The change as a sentence without a full stop, with names and the values before: `Ada made Ben an admin (was a member)`. */
  summary: z.string(),
}).meta({ id: "AuditEvent" });
export type Event = z.infer<typeof Event>;

const CatalogueEntry = z.object({
  /** Name, URI or URI template. */
  key: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
});

/** The last known tool catalogue of a server, without its tools, which have their own route. */
export const ServerToolCatalogue = z
  .object({
    serverInfo: z.object({ name: z.string(), version: z.string() }).nullable(),
    instructions: z.string().nullable(),
    prompts: z.array(CatalogueEntry),
    resources: z.array(CatalogueEntry),
    templates: z.array(CatalogueEntry),
    skills: z.array(CatalogueEntry),
    /** Entries that clients do not see, with the reason, and entries that another server provides instead. */
    warnings: z.array(z.string()),
  })
  .meta({ id: "ServerToolCatalogue" });
