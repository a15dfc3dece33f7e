import { z } from "zod";

/**
 * Why a connection needs a person. The fixed set is what the dashboard and the API have words for; `toReasonText` has the
 * sentences.
 */
export const SignInReason = z.enum([
  /** The access token has expired and there is no refresh token, or that has expired, too. */
  "expired",
  /** The authorization server says that the sign-in was revoked, or the server refuses a token that is new. */
  "revoked",
  /** A refresh was not answered, and its refresh token is not accepted any more. */
  "rotated_elsewhere",
  "refresh_token_reused",
  "scope_reduced",
  "wrong_audience",
  /** The server names another authorization server than the one that made the tokens. */
  "issuer_changed",
  "clock_skew",
  "client_deleted",
  "password_changed",
  "account_gone",
  /** The workspace's key cannot open the tokens. */
  "unreadable",
]);
export type SignInReason = z.infer<typeof SignInReason>;

/**
 * What each person brings to a server for their own calls: a sign-in, or a key, which the gateway sends in `header`, in the
 * place of `{key}` in `template`.
 */
export const PerPerson = z.discriminatedUnion("kind", [
  /** `byCompany`: a member's account is also connected by the company's sign-in, without consent (ID-JAG). */
  z.strictObject({ kind: z.literal("sign_in"), byCompany: z.boolean().optional() }),
  z.strictObject({ kind: z.literal("key"), header: z.string(), template: z.string() }),
]);
export type PerPerson = z.infer<typeof PerPerson>;

/** The place of a person's key in a template. */
export const KEY_PLACE = "{key}";

/** The tokens of a connection, sealed with the workspace's data key. Instants in epoch ms. */
export const SealedTokens = z.strictObject({
  sealed: z.string(),
  issuedAt: z.int(),
  /** Null: the authorization server does not say when the access token expires. */
  expiresAt: z.int().nullable(),
  /** Null: they cannot be renewed. */
  refreshAt: z.int().nullable(),
  /** When the refresh token expires. Absent: the authorization server does not say that. */
  refreshExpiresAt: z.int().optional(),
  /** Whether the last refresh did not prolong the refresh token: then the sign-in ends at `refreshExpiresAt`. */
  isEndFixed: z.boolean().optional(),
  /** When the secret of the gateway's registration expires. Absent: it does not, or that is not known. */
  clientExpiresAt: z.int().optional(),
});
export type SealedTokens = z.infer<typeof SealedTokens>;

/**
 * The sign-in of the gateway at an upstream server, as it was made, or a person's own key for it. The Workspace object has the
 * tokens of later refreshes.
 */
export const ConnectionRecord = z.strictObject({
  id: z.string(),
  serverId: z.string(),
  /** The member whose calls use it; null: those of the whole workspace. */
  memberId: z.string().nullable(),
  /** The authorization server; of a key, the origin of the server. */
  issuer: z.string(),
  /** The resource that the tokens are for (RFC 8707); of a key, the server's URL. */
  resource: z.string(),
  /** Those that the authorization server has granted. */
  scopes: z.array(z.string()),
  /** Those that the sign-in has asked for; null: not known, of an earlier release. */
  askedScopes: z.array(z.string()).nullable(),
  clientId: z.string(),
  tokens: SealedTokens,
  /** The person who signed in: a user's id. */
  connectedBy: z.string(),
  connectedAt: z.int(),
});
export type ConnectionRecord = z.infer<typeof ConnectionRecord>;

/** What a request to the authorization server of a connection needs. Sealed together with the tokens, so that nothing else decides where they are sent. */
export interface ProviderClient {
  issuer: string;
  tokenEndpoint: string;
  revocationEndpoint: string | null;
  clientId: string;
  /** Null: a public client. */
  clientSecret: string | null;
  /** `private_key_jwt`: `clientSecret` is a private key (PKCS #8, PEM; RFC 7523, section 2.2). */
  authMethod: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  /** When the secret of a registration expires (RFC 7591), epoch ms. Absent: it does not, or that is not known. */
  clientExpiresAt?: number;
  resource: string;
  /** The gateway has an account of its own there: its tokens are renewed without a refresh token. Absent: a person's. */
  grant?: "client_credentials";
}

/** Tokens as an authorization server issues them. `expiresIn`: seconds; null: not said. */
export interface IssuedTokens {
  accessToken: string;
  refreshToken: string | null;
  expiresIn: number | null;
  /** Lifetime of the refresh token in seconds. Absent: not said. */
  refreshExpiresIn?: number;
  /** Null: those that were asked for. */
  scopes: string[] | null;
}

/** The state of a server's sign-in. */
export interface ConnectionState {
  /** `none`: the server is not connected. */
  state: "connected" | "needs_sign_in" | "none";
  /** Null: it is connected, or never was. */
  reason: SignInReason | null;
  /** A sentence about what is the matter and who can mend it; null: nothing is. */
  message: string | null;
  /** Since when it is in this state, epoch ms; null: not known. */
  since: number | null;
  /** Since when the authorization server does not answer, epoch ms; null: it does, as far as is known. */
  providerDownSince: number | null;
  /** The authorization server; null: not known. */
  issuer: string | null;
  connection: Omit<ConnectionRecord, "tokens"> | null;
  /** When the access token expires, epoch ms; null: not known. */
  expiresAt: number | null;
  /** The scopes for which the server has refused calls; null: none. Absent: an object of the release before. */
  wanted?: WantedScopes | null;
  /** The end of the sign-in that is known now; null: none is. Absent: an object of the release before. */
  end?: SignInEnd | null;
  /** When the access token or key was issued or entered, epoch ms; null: there is none. */
  refreshedAt: number | null;
}

/** The scopes that a server has asked for when it refused calls (`insufficient_scope`). They are the server's text. */
export const WantedScopes = z.object({
  /** Those that the sign-in does not have; if it has all, those that the server has named. */
  scopes: z.array(z.string()),
  /** When the first of these calls was refused, epoch ms. */
  since: z.int(),
  /** Whether a sign-in that asks for them can help: the present one has not asked for all of them. */
  canGrant: z.boolean(),
  /** A sentence about what is missing, and who can do what. */
  message: z.string(),
});
export type WantedScopes = z.infer<typeof WantedScopes>;

/** Until when a sign-in lasts, as the authorization server says. */
export const SignInEnd = z.object({
  /** Epoch ms. */
  at: z.int(),
  /** What ends: the sign-in, or the secret with which the gateway refreshes its tokens. */
  kind: z.enum(["sign_in", "client_secret"]),
});
export type SignInEnd = z.infer<typeof SignInEnd>;
