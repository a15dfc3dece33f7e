import { z } from "zod";
import { SignInEnd, SignInReason, WantedScopes } from "../records/connection.ts";
import { Person } from "./resources.ts";

/** The sign-in of the gateway at a server (OAuth). Instants in epoch ms. No token is ever shown. */
export const Connection = z
  .object({
    /** `none`: the server is not connected, and it has not asked for a sign-in. */
    state: z.enum(["connected", "needs_sign_in", "none"]),
    /** Why it needs a sign-in again; null: it does not, or it never had one. */
    reason: SignInReason.nullable(),
    /** A sentence about what is the matter and who can mend it; null: nothing is. */
    message: z.string().nullable(),
    /** Since when it is in this state; null: not known. */
    since: z.int().nullable(),
    /** Since when the authorization server does not answer; null: it does, as far as is known. */
    providerDownSince: z.int().nullable(),
    /** When the present access token expires, which the gateway renews before; null: not known. */
    expiresAt: z.int().nullable(),
    /** The authorization server; null: not known. */
    issuer: z.string().nullable(),
    scopes: z.array(z.string()),
    /** The scopes for which the server has refused calls in the last week; null: none. They are the server's text. */
    wanted: WantedScopes.nullable(),
    /** Until when the sign-in lasts, as far as the authorization server says so; null: not known. */
    end: SignInEnd.nullable(),
    connectedBy: Person.nullable(),
    connectedAt: z.int().nullable(),
    /** The redirect address for a client that an admin registers at the authorization server. */
    redirectUri: z.string(),
  })
  .meta({ id: "Connection" });
export type Connection = z.infer<typeof Connection>;

const ClientText = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^[\x20-\x7e]+$/, "use visible ASCII characters and spaces");

/** How the gateway signs in. */
export const ConnectionInput = z.strictObject({
  /**
   * The client id and secret of the gateway at the authorization server. Absent: those of before, or the metadata document
   * of the gateway, or it registers itself.
   */
  client: z.strictObject({ id: ClientText, secret: ClientText.optional() }).optional(),
  /** Whether the sign-in also asks for the scopes for which the server has refused calls (`Connection.wanted`). */
  grantsWanted: z.boolean().optional(),
});
export type ConnectionInput = z.infer<typeof ConnectionInput>;

/** How the gateway signs in with an account that is no person's: a client id, and either a secret or a private key. */
export const OwnAccountInput = z.strictObject({
  client: z.union([
    z.strictObject({ id: ClientText, secret: ClientText }),
    z.strictObject({
      id: ClientText,
      /** PKCS #8, PEM (`BEGIN PRIVATE KEY`): P-256, RSA or Ed25519. */
      privateKey: z.string().min(1).max(8192),
    }),
  ]),
});
export type OwnAccountInput = z.infer<typeof OwnAccountInput>;

/** A sign-in that has begun. */
export const ConnectionStart = z
  .object({
    /** The address at the authorization server, to be opened in the browser that began the sign-in. */
    to: z.string(),
    issuer: z.string(),
  })
  .meta({ id: "ConnectionStart" });
export type ConnectionStart = z.infer<typeof ConnectionStart>;
