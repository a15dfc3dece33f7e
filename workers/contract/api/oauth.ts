import { z } from "zod";
import { MAX_RULES_PER_TOKEN } from "../limits.ts";
import { ClientRefusal, OauthClient } from "../records/oauth.ts";
import { AllowingRule } from "../records/rule.ts";
import { Slug } from "../records/slug.ts";

const Choice = z.strictObject({ slug: z.string(), name: z.string() });

/**
 * What a client asks the signed-in user for. `mistake`: the request is not possible. The client learns so at `to`, if the
 * user chooses to go there.
 */
export const AuthorizationRequest = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("ask"),
      client: OauthClient,
      /** Whether the code goes to a program on the person's own machine. */
      isLocal: z.boolean(),
      /**
       * The workspaces that the user can choose: of those in which the user calls tools, or of the one that the request names,
       * those that let this client sign in.
       */
      workspaces: z.array(Choice),
      /** The others of these, with the setting that keeps the client out. */
      refusing: z.array(Choice.extend({ refusal: ClientRefusal })),
      /** Whether the user has a grant for this client and redirect host already, in one of the workspaces. */
      isKnown: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal("mistake"),
      /** The error code (RFC 6749, section 4.1.2.1), and what it means here. */
      error: z.string(),
      description: z.string(),
      redirectHost: z.string(),
      isLocal: z.boolean(),
      to: z.string(),
    }),
  ])
  .meta({ id: "AuthorizationRequest" });
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

/** Longest query of an authorization request, in characters. Clients' own values, such as `state`, take at most a fraction of it. */
export const MAX_AUTHORIZATION_QUERY = 8_192;

/** The user's answer. `query`: of the authorization request, unchanged, without the question mark. */
export const AuthorizationAnswer = z
  .discriminatedUnion("decision", [
    z.strictObject({ decision: z.literal("deny"), query: z.string().max(MAX_AUTHORIZATION_QUERY) }),
    z.strictObject({
      decision: z.literal("allow"),
      query: z.string().max(MAX_AUTHORIZATION_QUERY),
      workspace: Slug,
      /** Rules that narrow the grant, as those of a token: `server_slug:*`. Null: all that the user may call. */
      tools: z.array(AllowingRule).min(1).max(MAX_RULES_PER_TOKEN).nullable(),
    }),
  ])
  .meta({ id: "AuthorizationAnswer" });
export type AuthorizationAnswer = z.infer<typeof AuthorizationAnswer>;

/** Where the browser goes next: the client's redirect address. */
export const AuthorizationResult = z
  .strictObject({ to: z.string() })
  .meta({ id: "AuthorizationResult" });
