import { isSameOrigin, toLinkOrigin } from "./own-origin.ts";

/** Where people sign in from clients: `/mcp/{slug}`, and `/mcp/{slug}/{server}` for one server. */
export const OAUTH_GATEWAY_PATH = "/mcp";
/** The path of the issuer: with one, its metadata is not at the root, where clients with a static token would find it. */
export const ISSUER_PATH = "/oauth";

/** The one scope: what a client may call, its person and the workspace decide. */
export const OAUTH_SCOPE = "mcp";

const SLUG = "[a-z0-9][a-z0-9-]{0,38}";
const RESOURCE_PATH = new RegExp(`^${OAUTH_GATEWAY_PATH}/(${SLUG})(?:/(${SLUG}))?/?$`);
const TOKEN = new RegExp(`^((${SLUG})\\.(mem_[0-9a-f]{24})):([\\w-]{8,64}):[\\w-]{16,128}$`);

/** The origin of the gateway, by the host of a request that was checked against `ALLOWED_HOSTS`. */
export function toOrigin(request: Request): string {
  return toLinkOrigin(request.headers.get("host") ?? "");
}

/** The resource that tokens of a workspace are for (RFC 8707). */
export function toResource(origin: string, slug: string): string {
  return `${origin}${OAUTH_GATEWAY_PATH}/${slug}`;
}

/** The URL of the metadata of a workspace's resource (RFC 9728, section 3.1). */
export function toResourceMetadataUrl(origin: string, slug: string): string {
  return `${origin}/.well-known/oauth-protected-resource${OAUTH_GATEWAY_PATH}/${slug}`;
}

/** The slug of the workspace that a resource indicator names, also by the address of one server; null: it names none. */
export function parseResource(origin: string, resource: string): string | null {
  return parsePlace(origin, resource)?.slug ?? null;
}

/** What a resource indicator names: a workspace, or one server of it, by their slugs; null: neither. */
export function parsePlace(
  origin: string,
  resource: string,
): { slug: string; server: string | null } | null {
  if (!URL.canParse(resource)) return null;
  const { origin: itsOrigin, pathname, search, hash } = new URL(resource);
  // Of `npm start`, clients have the address with 127.0.0.1, and people sign in at localhost.
  if (!isSameOrigin(itsOrigin, origin) || search !== "" || hash !== "") return null;
  const [, slug, server = null] = RESOURCE_PATH.exec(pathname) ?? [];
  return slug === undefined ? null : { slug, server };
}

/** What the form of a code or token of the authorization server says. It is not verified. */
export interface ParsedToken {
  /** The subject for the library: `{slug}.{memberId}`. */
  userId: string;
  slug: string;
  memberId: string;
  grant: string;
}

/** Null: the text has not the form of a code or token. */
export function parseOauthToken(text: string): ParsedToken | null {
  const [, userId, slug, memberId, grant] = TOKEN.exec(text) ?? [];
  if (!userId || !slug || !memberId || !grant) return null;
  return { userId, slug, memberId, grant };
}

/** Ids of the library are shorter. */
const ASSERTED_GRANT = /^ja[gs]_[0-9a-f]{24}$/;

/** Whether a grant was made by an assertion of an issuer, and not by its person's consent: the library does not know it. */
export function isAssertedGrant(grant: string): boolean {
  return ASSERTED_GRANT.test(grant);
}

/** The subject of a member's grants. */
export function toUserId(slug: string, memberId: string): string {
  return `${slug}.${memberId}`;
}
