import type { OauthClient } from "../records/oauth.ts";

/**
 * An issuer that the workspace trusts has asserted that a client acts for a member. `issuer`: its address, for the audit log.
 * `server`: the slug of the one server that the assertion is for; null: for all that the member may call.
 */
export interface AssertedGrant {
  memberId: string;
  client: OauthClient;
  issuerId: string;
  issuer: string;
  server: string | null;
}
