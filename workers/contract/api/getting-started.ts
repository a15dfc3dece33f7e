import { z } from "zod";

/**
 * What people have done in a workspace. For owners and admins: any member. For others, `tokenCreated` and `clientCalled`
 * are about their own tokens. What the operator key has created or allowed does not count, nor what the dashboard does
 * with temporary tokens.
 */
export const GettingStarted = z
  .strictObject({
    serverAdded: z.boolean(),
    /** Whether a member can call a tool: by a rule, by open default access, or because rules are not enforced. */
    accessGiven: z.boolean(),
    /** Whether there is a second member, joined or invited. */
    memberInvited: z.boolean(),
    tokenCreated: z.boolean(),
    /** Whether a client has called a server with a token, also with one of the operator. */
    clientCalled: z.boolean(),
    /** Whether the caller has dismissed the list. */
    isDismissed: z.boolean(),
  })
  .meta({ id: "GettingStarted" });
export type GettingStarted = z.infer<typeof GettingStarted>;

/** Body that dismisses the list for the caller, or shows it again. */
export const GettingStartedPatch = z.strictObject({ isDismissed: z.boolean() });
