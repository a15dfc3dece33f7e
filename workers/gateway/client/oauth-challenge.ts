import {
  OAUTH_SCOPE,
  parseResource,
  toOrigin,
  toResourceMetadataUrl,
} from "../../http/oauth-addresses.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { errorResponse } from "./responses.ts";

/**
 * At an address for OAuth, 401 says where the client signs its person in (RFC 9728, section 5.1). `invalid_token` makes a
 * client refresh (RFC 6750, section 3.1); one that has sent no token gets no error code.
 */
export function toChallenge(request: Request, response: Response): Response {
  if (response.status !== 401) return response;
  const origin = toOrigin(request);
  const slug = parseResource(origin, `${origin}${new URL(request.url).pathname}`);
  if (slug === null) return response;
  const error = request.headers.has("authorization")
    ? ', error="invalid_token", error_description="The access token has expired or was revoked"'
    : "";
  const metadata = `resource_metadata="${toResourceMetadataUrl(origin, slug)}", scope="${OAUTH_SCOPE}"`;
  const message = "Unauthorized: sign in from the client";
  return errorResponse("null", { code: ERROR.unauthorized, message }, 401, {
    "www-authenticate": `Bearer ${metadata}${error}`,
    "access-control-expose-headers": "www-authenticate",
  });
}
