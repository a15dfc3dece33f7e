import { z } from "zod";
import { AuditEvent, CallRow } from "../records/audit.ts";
import {
  Era,
  MemberRecord,
  Rule,
  SealedHeader,
  ServerRecord,
  TokenRecord,
  Transport,
  WorkspaceRecord,
} from "../records/workspace.ts";
import { ServerInput } from "../rpc/commands.ts";

/** What the management API answers: records without digests, keys and sealed values. `meta.id` is a schema's OpenAPI name. */
export const ErrorBody = z
  .object({
    error: z.object({
      /** Stable, snake_case. */
      code: z.string(),
      /** What happened and what to do, for a person. */
      message: z.string(),
      /** To be found in the log, if the failure is ours. */
      requestId: z.string(),
    }),
  })
  .meta({ id: "Error" });
export type ErrorBody = z.infer<typeof ErrorBody>;

export const Workspace = WorkspaceRecord.omit({ wrappedKey: true }).meta({ id: "Workspace" });
export type Workspace = z.infer<typeof Workspace>;

export const Server = ServerRecord.omit({ credentials: true })
  .extend({ credentials: z.array(SealedHeader.omit({ sealed: true })) })
  .meta({ id: "Server" });
export type Server = z.infer<typeof Server>;

export const Member = MemberRecord.extend({}).meta({ id: "Member" });

export const Rules = z.object({ rules: z.array(Rule) }).meta({ id: "Rules" });

const TokenFacts = TokenRecord.omit({ digest: true });
export type TokenFacts = z.infer<typeof TokenFacts>;

export const Token = TokenFacts.extend({ lastUsedAt: z.int().nullable() }).meta({ id: "Token" });
export type Token = z.infer<typeof Token>;

/** A token in clear, shown this once. */
export const IssuedToken = z
  .object({ token: z.string(), record: TokenFacts })
  .meta({ id: "IssuedToken" });

const UpstreamFailure = z.object({
  code: z.string(),
  message: z.string(),
  status: z.int().optional(),
});

export const Check = z
  .object({
    checkedAt: z.int(),
    latencyMs: z.int(),
    error: UpstreamFailure.nullable(),
  })
  .meta({ id: "Check" });

/** A server as it is after a change, and what the look at it found; null: disabled, or not done in time. */
export const CheckedServer = z
  .object({ server: Server, check: Check.nullable() })
  .meta({ id: "CheckedServer" });

export const ServerTool = z
  .object({
    /** The name that clients see. */
    exposedName: z.string(),
    /** The server's own name, which rules use. */
    name: z.string(),
    description: z.string().nullable(),
    inputSchema: z.record(z.string(), z.unknown()).nullable(),
    annotations: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: "ServerTool" });

const ServerState = z
  .object({
    slug: z.string(),
    name: z.string(),
    status: z.enum(["ok", "failing", "unknown", "disabled"]),
    transport: Transport.nullable(),
    era: Era.nullable(),
    tools: z.int(),
    check: Check.nullable(),
  })
  .meta({ id: "ServerState" });

export const Health = z
  .object({
    items: z.array(ServerState),
    /** Looks at the one server that was asked for, newest first. */
    history: z.array(Check),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: "Health" });

export const ToolCall = CallRow.extend({}).meta({ id: "ToolCall" });
export const Event = AuditEvent.extend({}).meta({ id: "AuditEvent" });

/** A server as it would be added, to be looked at first. */
export const ServerTestInput = ServerInput.pick({ url: true, headers: true, credentials: true });

/** What a look at a server that is not added found. */
export const ServerTest = z
  .object({
    latencyMs: z.int(),
    error: UpstreamFailure.nullable(),
    /** Null: it could not be found out. */
    detected: z.object({ transport: Transport, era: Era, protocolVersion: z.string() }).nullable(),
    tools: z.array(z.object({ name: z.string(), description: z.string().nullable() })),
    prompts: z.int(),
    resources: z.int(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "ServerTest" });

const Offered = z.object({
  /** Name, URI or URI template. */
  key: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
});

/** What a server offers besides tools, as last seen. */
export const ServerOffer = z
  .object({
    serverInfo: z.object({ name: z.string(), version: z.string() }).nullable(),
    instructions: z.string().nullable(),
    prompts: z.array(Offered),
    resources: z.array(Offered),
    templates: z.array(Offered),
    /** What was left out and why, and what of it clients get from another server. */
    warnings: z.array(z.string()),
  })
  .meta({ id: "ServerOffer" });
