import { z } from "zod";

/**
 * An OAuth client for which a member has signed in. Everything but the host is what the client says of itself.
 */
export const OauthClient = z
  .strictObject({
    /** The `client_id`: the URL of the client's metadata document, or an id that the gateway gave at registration. */
    id: z.string(),
    name: z.string(),
    /** The host of the client's metadata document; null: the client registered itself, and its name is not verified. */
    host: z.string().nullable(),
    /** The host that gets the codes: of a program on the person's own machine a loopback host. */
    redirectHost: z.string(),
  })
  .meta({ id: "OauthClient" });
export type OauthClient = z.infer<typeof OauthClient>;

/** An access token of a grant. `digest`: SHA-256, lowercase hex. `expiresAt`: epoch ms. */
export const AccessToken = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  expiresAt: z.int(),
});
export type AccessToken = z.infer<typeof AccessToken>;

/** A host as a client's metadata document has it, without a port. */
const ClientHost = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "use a host name in lower case, such as claude.ai");

/** How people of a workspace sign in from their clients. */
export const OauthSettings = z.strictObject({
  /** False: no client can sign in, and what clients hold is refused on the next call. */
  enabled: z.boolean(),
  /**
   * `any`: every client. `verified`: clients with a metadata document, whose host is known. `listed`: those whose host is
   * one of `hosts`.
   */
  clients: z.enum(["any", "verified", "listed"]),
  hosts: z.array(ClientHost).max(100),
  /**
   * How long an access token is valid. Long, because some clients never refresh theirs: a revoked one is refused on the next
   * call, whatever this is.
   */
  accessHours: z
    .int()
    .min(24)
    .max(90 * 24),
  /** A grant ends when its client has not refreshed it for so long. */
  idleDays: z.int().min(2).max(365),
});
export type OauthSettings = z.infer<typeof OauthSettings>;

/** The settings of a new workspace. */
export const DEFAULT_OAUTH_SETTINGS: OauthSettings = {
  enabled: true,
  clients: "any",
  hosts: [],
  accessHours: 30 * 24,
  idleDays: 90,
};

/**
 * Why a workspace's settings keep a client out. `off`: sign-in from clients is off. `verified`: the client has no metadata
 * document. `listed`: its host is not one of the listed ones.
 */
export const ClientRefusal = z.enum(["off", "verified", "listed"]);
export type ClientRefusal = z.infer<typeof ClientRefusal>;

/** The setting of a workspace that keeps a client out, for new sign-ins and for what it holds of earlier ones; null: none does. */
export function findClientRefusal(
  { enabled, clients, hosts }: OauthSettings,
  { host }: OauthClient,
): ClientRefusal | null {
  if (!enabled) return "off";
  if (clients === "any") return null;
  if (host === null) return "verified";
  return clients === "verified" || hosts.includes(host) ? null : "listed";
}

/** Whether people of a workspace may sign in from a client, and use what it holds of earlier sign-ins. */
export function allowsClient(settings: OauthSettings, client: OauthClient): boolean {
  return findClientRefusal(settings, client) === null;
}
