import { z } from "zod";

/**
 * `ok`: the server answered with a result. `error`: the call failed, there, here or on the way (`errorCode`).
 * `blocked`: policy refused it. `rate_limited`: a limit refused it. `cancelled`: the client went away.
 * `unknown`: the outcome was lost in a crash.
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

/** One row of `mcp_tool_calls`. Holds no argument, result, header or credential. */
export const CallRow = z.strictObject({
  /** `<workspace id>:<seq>`: delivering a row twice stores it once. */
  id: z.string(),
  /** Gap-free per workspace, from 1. */
  seq: z.int().min(1),
  workspaceId: z.string(),
  memberId: z.string().nullable(),
  tokenId: z.string().nullable(),
  serverSlug: z.string().nullable(),
  /** The server's own name of the tool or prompt; null for other methods and for names that no server has. */
  toolName: z.string().nullable(),
  method: z.string(),
  status: CallStatus,
  errorCode: z.string().nullable(),
  latencyMs: z.int().nullable(),
  protocolVersion: z.string().nullable(),
  clientName: z.string().nullable(),
  /** Epoch ms of admission. */
  createdAt: z.int(),
});
export type CallRow = z.infer<typeof CallRow>;

/**
 * What became of a call: its whole row, so that it is recorded even if the object restarted meanwhile, except whose it
 * is, which is said once for many.
 */
export type CallOutcome = Omit<CallRow, "id" | "workspaceId">;

/** A message on the audit queue: rows of one workspace, acknowledged to its object once D1 holds them. */
export const AuditMessage = z.strictObject({
  workspaceSlug: z.string(),
  workspaceId: z.string(),
  /** The outbox's names of what is in `rows`, for the acknowledgement. */
  batches: z.array(z.int()),
  /** `CallOutcome`s as `encodeOutcomes` makes them. */
  rows: z.string().startsWith("[["),
});
export type AuditMessage = z.infer<typeof AuditMessage>;

/** Stands for a workspace in events that belong to none: accounts, sessions, sign-in links. */
export const DEPLOYMENT = "deployment";

/** What a person or a job did to a workspace. */
export const AuditEvent = z.strictObject({
  id: z.string(),
  workspaceId: z.string(),
  /** A user's id (`usr_…`), an API key's (`key_…`), `operator`, or `system` for jobs. */
  actor: z.string(),
  /** Past tense, dotted: `server.created`. */
  action: z.string(),
  /** What it was done to: `server:github`, `token:tok_…`. */
  object: z.string(),
  /** Names of changed fields and their non-secret values. */
  detail: z.record(z.string(), z.unknown()),
  occurredAt: z.int(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;
