import { z } from "zod";
import { ServerOrigin } from "../marketplace/server-origin.ts";

/** What a workspace shows of an entry of the marketplace beside a server or a request. Null: it is not known. */
export const EntryState = z
  .object({
    name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    status: z.enum(["active", "deprecated"]),
    /** Why it is deprecated. */
    statusMessage: z.string().nullable(),
    version: z.string().nullable(),
    updatedAt: z.int().nullable(),
    /** 0 to 100. */
    score: z.int(),
    grade: z.enum(["A", "B", "C", "D", "F"]).nullable(),
    repositoryUrl: z.string().nullable(),
    /** Whether it has an address at which it runs. */
    hasRemote: z.boolean(),
    /** The entry of the hosting catalogue with the same package; null: there is none. */
    hostedAs: z.string().nullable(),
  })
  .meta({ id: "MarketplaceEntryState" });
export type EntryState = z.infer<typeof EntryState>;

/** Where a server is from. `entry` null: the marketplace does not have the entry any more. */
export const OriginState = ServerOrigin.extend({ entry: EntryState.nullable() }).meta({
  id: "ServerOrigin",
});
export type OriginState = z.infer<typeof OriginState>;

/** Most characters of a reason, and of an answer. */
export const MAX_REQUEST_TEXT = 1_000;

const Sentence = z.string().trim().min(1, "write a sentence").max(MAX_REQUEST_TEXT);

/** Body that asks for a server. */
export const RequestInput = z.strictObject({
  /** The name of an entry of the marketplace. */
  entry: z.string().max(200),
  /** What the member needs it for. */
  reason: Sentence,
});

/** Body that closes a request without a new server. */
export const RequestDecision = z.discriminatedUnion("outcome", [
  z.strictObject({
    outcome: z.literal("declined"),
    /** For the member. */
    answer: Sentence,
  }),
  z.strictObject({
    outcome: z.literal("fulfilled"),
    /** The slug of a server that the workspace has already. */
    server: z.string(),
    answer: Sentence.optional(),
  }),
]);

/** Whether a request waits, and how it ended. `withdrawn`: by its member, or because the member was removed. */
export const RequestStatus = z.enum(["open", "fulfilled", "declined", "withdrawn"]);
export type RequestStatus = z.infer<typeof RequestStatus>;

/** A member's request for a server of the marketplace. Times in epoch ms. */
export const ServerRequest = z
  .object({
    id: z.string(),
    /** The name of the entry. */
    name: z.string(),
    /** Null: the marketplace does not have the entry any more. */
    entry: EntryState.nullable(),
    reason: z.string(),
    status: RequestStatus,
    member: z.object({
      id: z.string(),
      /** Null: it is not kept any more. */
      name: z.string().nullable(),
      hasLeft: z.boolean(),
    }),
    createdAt: z.int(),
    closedAt: z.int().nullable(),
    /** Who closed it; null also for its member, who does not learn that. */
    closedBy: z.string().nullable(),
    answer: z.string().nullable(),
    /** The server that fulfils it. */
    serverSlug: z.string().nullable(),
    /** Servers of the workspace that are from this entry; empty for its member. */
    existingServers: z.array(z.string()),
  })
  .meta({ id: "ServerRequest" });
export type ServerRequest = z.infer<typeof ServerRequest>;

/** A page of requests, newest first. */
export const ServerRequests = z
  .object({
    items: z.array(ServerRequest),
    nextCursor: z.string().nullable(),
    /** Of the workspace: open requests. Of a member: outcomes that it has not seen. */
    waiting: z.int(),
  })
  .meta({ id: "ServerRequests" });
