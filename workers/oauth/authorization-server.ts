import { OAuthAuthorizationServer } from "@cloudflare/workers-oauth-provider";
import { DEFAULT_OAUTH_SETTINGS, type OauthSettings } from "../contract/records/oauth.ts";
import type { Db } from "../db/database.ts";
import {
  ISSUER_PATH,
  OAUTH_GATEWAY_PATH,
  OAUTH_SCOPE,
  toResource,
} from "../http/oauth-addresses.ts";
import { logEvent } from "../runtime/log.ts";
import { OauthRecords } from "./oauth-records.ts";
import { refuseRegistration } from "./redirect-addresses.ts";

/** A registered client that is in use is kept: the library renews what has passed half of this. Unused ones: clean-up. */
const REGISTRATION_SECONDS = 400 * 86_400;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

interface ServerOptions {
  db: Db;
  origin: string;
  /** The workspace of the request; null: it concerns none. */
  slug: string | null;
  settings?: OauthSettings;
  /** Gets the library's name for what failed. */
  onError?: (reason: string) => void;
  /** Gets what the consent stored with the grant whose code or refresh token is redeemed. */
  onExchange?: (props: unknown) => void;
}

const NO_CONTEXT = {} as ExecutionContext;

/** What the library reads of the bindings. */
interface LibraryEnv {
  OAUTH_KV: OauthRecords;
}

/**
 * The authorization server for one request: the library has its resources and lifetimes from construction, which here are
 * the workspace's. Its metadata names `ISSUER_PATH` as its place.
 */
export function openAuthorizationServer({
  db,
  origin,
  slug,
  settings = DEFAULT_OAUTH_SETTINGS,
  onError,
  onExchange,
}: ServerOptions) {
  const issuer = `${origin}${ISSUER_PATH}`;
  const server = new OAuthAuthorizationServer<LibraryEnv>({
    issuer,
    authorizeEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    clientRegistrationEndpoint: `${issuer}/register`,
    resources: [slug === null ? `${origin}${OAUTH_GATEWAY_PATH}` : toResource(origin, slug)],
    scopesSupported: [OAUTH_SCOPE, "offline_access"],
    clientIdMetadataDocumentEnabled: true,
    // Which of them is the business of `refuseRegistration`, and of each authorization request.
    allowPrivateUseRedirectUris: true,
    clientRegistrationCallback: ({ clientMetadata }) =>
      refuseRegistration(clientMetadata) ?? undefined,
    accessTokenTTL: settings.accessHours * HOUR_SECONDS,
    refreshTokenTTL: settings.idleDays * DAY_SECONDS,
    refreshTokenIdleTTL: settings.idleDays * DAY_SECONDS,
    clientRegistrationTTL: REGISTRATION_SECONDS,
    tokenExchangeCallback: ({ props }) => onExchange?.(props),
    onError: ({ code, status, internal: { category, reason } }) => {
      logEvent({ event: "oauth_refused", code, status, category, reason });
      onError?.(reason);
    },
  });
  const env: LibraryEnv = { OAUTH_KV: new OauthRecords(db) };
  return {
    issuer,
    // The library only passes `ctx` on to handlers of protected resources, which this server has none of.
    fetch: (request: Request) => server.fetch(request, env, NO_CONTEXT),
    api: server.getOAuthApi(env),
  };
}
