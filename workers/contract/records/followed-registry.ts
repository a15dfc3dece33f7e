import { z } from "zod";

/** Entries that one follow keeps at most. */
export const MAX_FOLLOWED_ENTRIES = 200;

/** How an entry becomes a server of a workspace. */
const FoundWay = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("remote"),
    url: z.string(),
    /** Headers with the publisher's values. */
    headers: z.record(z.string(), z.string()),
    /** Names of headers that need a value of the workspace, and of those that can have one. */
    required: z.array(z.string()),
    optional: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal("package"),
    /** The entry of the hosting catalogue that runs it, with its npm package. */
    catalogueId: z.string(),
    package: z.string(),
  }),
  z.strictObject({ kind: z.literal("none"), reason: z.string() }),
]);
export type FoundWay = z.infer<typeof FoundWay>;

/** What a followed registry says of an entry, as far as it matters to a workspace. */
export const FoundEntry = z.strictObject({
  title: z.string().nullable(),
  version: z.string().nullable(),
  /** Why the entry is deprecated; empty: it does not say; null: it is not deprecated. */
  deprecated: z.string().nullable(),
  way: FoundWay,
});
export type FoundEntry = z.infer<typeof FoundEntry>;

/** A secret of a follow: sealed with the workspace's data key, for one place and name. */
export const SealedSecret = z.strictObject({
  /**
   * Where the value may be sent: `registry <origin>`, the origin of a server, or `npm:<package>`. A registry can name another
   * host at any time, which must not receive it.
   */
  place: z.string(),
  /** Of the header or variable. */
  name: z.string(),
  sealed: z.string(),
  /** Epoch ms. */
  setAt: z.int(),
  /** A user's id, or `operator`. */
  setBy: z.string(),
});
export type SealedSecret = z.infer<typeof SealedSecret>;

/** What a change of a server says of the follow that makes it. */
export interface FollowReference {
  /** The follow's id. */
  id: string;
  /** The entry's name. */
  entry: string;
  /** The person who approved it: a user's id, or `operator`. */
  approvedBy: string | null;
}

/** The members of an audit event's detail for a change by a follow. */
export function toFollowDetail(follow: FollowReference | undefined): Record<string, unknown> {
  return follow
    ? { followedRegistry: follow.id, entry: follow.entry, approvedBy: follow.approvedBy }
    : {};
}

/** A queue message: do this step of a follow. */
export const FollowMessage = z.object({ follow: z.string(), step: z.int() });
export type FollowMessage = z.infer<typeof FollowMessage>;
