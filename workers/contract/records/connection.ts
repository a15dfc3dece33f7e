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

/** The tokens of a connection, sealed with the workspace's data key. Instants in epoch ms. */
export const SealedTokens = z.strictObject({
  sealed: z.string(),
  issuedAt: z.int(),
  /** Null: the authorization server does not say when the access token expires. */
  expiresAt: z.int().nullable(),
  /** Null: there is no refresh token. */
  refreshAt: z.int().nullable(),
});
export type SealedTokens = z.infer<typeof SealedTokens>;

/** The sign-in of the gateway at an upstream server, as it was made. The Workspace object has the tokens of later refreshes. */
export const ConnectionRecord = z.strictObject({
  id: z.string(),
  serverId: z.string(),
  /** The member whose calls use it; null: those of the whole workspace. */
  memberId: z.string().nullable(),
  issuer: z.string(),
  /** The resource that the tokens are for (RFC 8707). */
  resource: z.string(),
  scopes: z.array(z.string()),
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
  authMethod: "none" | "client_secret_basic" | "client_secret_post";
  resource: string;
}

/** Tokens as an authorization server issues them. `expiresIn`: seconds; null: not said. */
export interface IssuedTokens {
  accessToken: string;
  refreshToken: string | null;
  expiresIn: number | null;
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
}
