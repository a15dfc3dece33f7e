import { z } from "zod";
import { SignInReason, WantedScopes } from "../records/connection.ts";

/** The account of a member at a server where each person has their own. Instants in epoch ms. No token or key is ever shown. */
export const Account = z
  .object({
    server: z.object({ slug: z.string(), name: z.string() }),
    /** `sign_in`: the member signs in at the server. `key`: the member enters a key. */
    kind: z.enum(["sign_in", "key"]),
    member: z.object({
      id: z.string(),
      name: z.string(),
      /** Whether it is an agent, for which its owner connects an account. */
      isAgent: z.boolean(),
    }),
    state: z.enum(["connected", "needs_sign_in", "none"]),
    /** Why it has to be connected again; null: it does not, or it never was. */
    reason: SignInReason.nullable(),
    /** A sentence about what is the matter; null: nothing is. */
    message: z.string().nullable(),
    /** Since when it is in this state; null: not known. */
    since: z.int().nullable(),
    /** The authorization server; null: not known, or it is a key. */
    issuer: z.string().nullable(),
    connectedAt: z.int().nullable(),
    /** When the present token or key was issued or entered. */
    refreshedAt: z.int().nullable(),
    /** Whether the company's sign-in connects it at the member's first call, without consent. */
    isByCompany: z.boolean().default(false),
    /** Whether the gateway checks the server and lists its tools with it. */
    isForChecks: z.boolean(),
    /** The scopes for which the server has refused its calls in the last week; null: none. They are the server's text. */
    wanted: WantedScopes.nullable().default(null),
    /** Why calls do not use it whatever its state: the member's rules, or the server is disabled; null: they do. */
    blockedBy: z.enum(["rules", "disabled"]).nullable().default(null),
  })
  .meta({ id: "Account" });
export type Account = z.infer<typeof Account>;

/** Which accounts to list: those of a member and the agents that it owns, connected, or at servers that they may use; or those connected at a server. */
export type AccountsOf = { memberId: string } | { serverId: string };

const forAgent = {
  /** The id of an agent that you own, whose calls use the account. Absent: yours do. */
  agent: z.string().optional(),
};

/** Whose account is connected or disconnected. */
export const AccountInput = z.strictObject(forAgent);
export type AccountInput = z.infer<typeof AccountInput>;

/** A member's own key for a server. */
export const AccountKeyInput = z.strictObject({
  ...forAgent,
  /** Write-only, stored encrypted. Sent in the server's header, in the place of `{key}`. */
  key: z
    .string()
    .min(1)
    .max(8192)
    .regex(/^[\x21-\x7e]+$/, "use visible ASCII characters without spaces"),
});
export type AccountKeyInput = z.infer<typeof AccountKeyInput>;
