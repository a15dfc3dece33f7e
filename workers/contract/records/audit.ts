import { z } from "zod";

/**
 * `ok`: the server returned a result. `error`: the server, the gateway or the connection failed (`errorCode`).
 * `blocked`: a rule refused the call. `rate_limited`: a limit refused it. `cancelled`: the client disconnected or
 * cancelled, its token or access was revoked, or the gateway stopped. `unknown`: the outcome was lost in a crash.
 */
export const CallStatus = z.enum([
  "ok",
  "error",
  "blocked",
  "rate_limited",
  "cancelled",
  "unknown",
]);
export type CallStatus = z.infer<typeof CallStatus>;

/**
 * A call is sent again only where it is certain that the server has not begun it: it did not know the session
 * (`session_lost`), or rejected the parameter headers (`header_mismatch`).
 */
export const ResendReason = z.enum(["session_lost", "header_mismatch", "token_refused"]);
export type ResendReason = z.infer<typeof ResendReason>;

/**
 * What decides on a call if no rule does. `none`: the member has no rule that allows it. `default_access`: members without
 * rules may call everything. `enforcement_off`: rules are not applied. `workspace_token`: the token may call everything.
 * `token_tools`: the member may call it, but the token is narrowed to other tools.
 */
export const DECISIONS_WITHOUT_RULE = [
  "none",
  "default_access",
  "enforcement_off",
  "workspace_token",
  "token_tools",
] as const;

/** One row of `mcp_tool_calls`. Holds no argument, result, header or credential. */
export const CallRow = z.strictObject({
  /** `<workspace id>:<seq>`, so that a row that is delivered twice is stored once. */
  id: z.string(),
  /** From 1 in its workspace; `call_numbers.skipped` events explain gaps. */
  seq: z.int().min(1),
  workspaceId: z.string(),
  memberId: z.string().nullable(),
  tokenId: z.string().nullable(),
  serverSlug: z.string().nullable(),
  /** The server's name of the tool or prompt; null: another method, or no server has the name. */
  toolName: z.string().nullable(),
  method: z.string(),
  status: CallStatus,
  errorCode: z.string().nullable(),
  latencyMs: z.int().nullable(),
  /** The request's, or for a legacy client that does not repeat it, the one that `initialize` agreed on. */
  protocolVersion: z.string().nullable(),
  clientName: z.string().nullable(),
  /** Time of the admission, epoch ms. */
  createdAt: z.int(),
  /** Last, so that the columns of an export keep their places. */
  clientVersion: z.string().nullable(),
  /** Why the call was sent to its server a second time; null: it was sent once. */
  resendReason: ResendReason.nullable(),
  /** The number of refused calls of one kind in one minute that have this row; 1 for any other call. */
  count: z.int().min(1),
  /**
   * What decided on the call: the rule (`server_slug:tool_name`, `server_slug:*`), or one of `DECISIONS_WITHOUT_RULE`. Null:
   * it was not recorded, or nothing was decided because a limit refused the call or no server has the name.
   */
  rule: z.string().nullable(),
});
export type CallRow = z.infer<typeof CallRow>;

/**
 * Status, error code and latency of a finished call, with all other fields of its row, so that it can be recorded after
 * a restart of the object. The workspace is named once for many outcomes.
 */
export type CallOutcome = Omit<CallRow, "id" | "workspaceId">;

/**
 * A message on the audit queue: rows of one workspace, confirmed to its object after D1 has stored them. Not strict: the
 * next release can add fields, and both releases run during a deployment.
 */
export const AuditMessage = z.object({
  workspaceSlug: z.string(),
  workspaceId: z.string(),
  /** The life of the call log that numbered the batches. */
  life: z.string(),
  /** The outbox batches in `rows`, for the confirmation. */
  batches: z.array(z.int()),
  /** `CallOutcome`s in the encoding of `encodeOutcomes`. */
  rows: z.string().startsWith("[["),
});
export type AuditMessage = z.infer<typeof AuditMessage>;

/** Call rows that wait to be stored in D1. Rows of calls that ended more than a minute ago wait because something fails. */
export const AuditBacklog = z.strictObject({
  rows: z.int(),
  /** Time of the oldest call among them, epoch ms; null: none waits. */
  oldestAt: z.int().nullable(),
});
export type AuditBacklog = z.infer<typeof AuditBacklog>;

/** The `workspaceId` of events without a workspace: accounts, browser sessions, sign-in links. */
export const DEPLOYMENT = "deployment";

/** One row of `audit_events`: a change by a user, an API key, the operator or a job. */
export const AuditEvent = z.strictObject({
  id: z.string(),
  workspaceId: z.string(),
  /** A user's id (`usr_…`), an API key's (`key_…`), `operator`, or `system` for jobs. */
  actor: z.string(),
  /** Past tense, dotted: `server.created`. */
  action: z.string(),
  /** The changed entity: `server:github`, `token:tok_…`. */
  object: z.string(),
  /** Names of changed fields and their non-secret values. */
  detail: z.record(z.string(), z.unknown()),
  /** Epoch ms. */
  occurredAt: z.int(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;
