import { z } from "zod";
import { AllowingRule } from "../records/rule.ts";

/** Most characters of a reason, and of an answer. */
export const MAX_ACCESS_REQUEST_TEXT = 500;
/** Open requests of one member: a queue that an admin can read. */
export const MAX_OPEN_ACCESS_REQUESTS = 20;
/** After this time an open request lapses. */
export const ACCESS_REQUEST_DAYS = 30;

const Sentence = z
  .string()
  .trim()
  .min(1, "write a sentence")
  .max(MAX_ACCESS_REQUEST_TEXT, `write at most ${MAX_ACCESS_REQUEST_TEXT} characters`);

/** Body that asks for access. Instants in epoch ms. */
export const AccessRequestInput = z.strictObject({
  /** What is asked for: `server_slug:tool_name`, `server_slug:*` or `server_slug:*[read-only]`. */
  rule: AllowingRule,
  /** What it is needed for. */
  reason: Sentence,
  /** Null or absent: without an end. */
  endsAt: z.int().min(0).nullable().optional(),
  /** Who is to get access: an agent that the caller answers for. Absent: the caller. */
  memberId: z.string().max(100).optional(),
});
export type AccessRequestInput = z.infer<typeof AccessRequestInput>;

/** Who gets the rule of an approval: the member itself, or a team that it is in. */
const HolderReference = z.strictObject({
  kind: z.enum(["member", "team"]),
  id: z.string().max(100),
});

/** Body that decides on an open request. */
export const AccessDecisionInput = z.discriminatedUnion("outcome", [
  z.strictObject({
    outcome: z.literal("approved"),
    /** Absent: as asked. It can be narrower or wider, for the same server. */
    rule: AllowingRule.optional(),
    /** Absent: the member. */
    holder: HolderReference.optional(),
    /** Null: without an end. */
    endsAt: z.int().min(0).nullable(),
    /** Also removes the member's own denials of what is approved. Absent: no. */
    liftsDenials: z.boolean().optional(),
    /** For the member. */
    answer: Sentence.optional(),
  }),
  z.strictObject({ outcome: z.literal("declined"), answer: Sentence }),
]);
export type AccessDecisionInput = z.infer<typeof AccessDecisionInput>;

/** `lapsed`: its server was removed, or no admin decided in time. `withdrawn`: also because the member was removed. */
export const AccessRequestStatus = z.enum(["open", "approved", "declined", "withdrawn", "lapsed"]);
export type AccessRequestStatus = z.infer<typeof AccessRequestStatus>;

/** What an approval gave. `rule` null: removing denials was enough. */
export const GrantedAccess = z.strictObject({
  rule: z.string().nullable(),
  holder: z.strictObject({ kind: z.enum(["member", "team"]), id: z.string(), name: z.string() }),
  endsAt: z.int().nullable(),
});
export type GrantedAccess = z.infer<typeof GrantedAccess>;

/** A request for access. Instants in epoch ms. */
export const AccessRequest = z
  .object({
    id: z.string(),
    rule: z.string(),
    /** The slug of the server in `rule`. */
    server: z.string(),
    /** The tool in `rule`; null: it is for the whole server, or for tools of a class. */
    tool: z.string().nullable(),
    reason: z.string(),
    endsAt: z.int().nullable(),
    status: AccessRequestStatus,
    member: z.object({
      id: z.string(),
      /** Null: it is not kept any more. */
      name: z.string().nullable(),
      hasLeft: z.boolean(),
    }),
    /** The person who asked: the member itself, or who answers for an agent. */
    askedBy: z.object({ id: z.string(), name: z.string().nullable() }),
    createdAt: z.int(),
    closedAt: z.int().nullable(),
    /** Who closed it; null also for its member, who does not learn that. */
    closedBy: z.string().nullable(),
    answer: z.string().nullable(),
    granted: GrantedAccess.nullable(),
    /** Whether the workspace still has the server that was asked for. For the member always true: it may not learn that. */
    isServerThere: z.boolean(),
  })
  .meta({ id: "AccessRequest" });
export type AccessRequest = z.infer<typeof AccessRequest>;

/** A page of requests, newest first. `waiting`: all open ones. */
export const AccessRequests = z
  .object({ items: z.array(AccessRequest), nextCursor: z.string().nullable(), waiting: z.int() })
  .meta({ id: "AccessRequests" });
export type AccessRequests = z.infer<typeof AccessRequests>;
