import { z } from "zod";
import { OauthClient } from "../contract/records/oauth.ts";
import type { ChangeResult, Command } from "../contract/rpc/commands.ts";
import { DAY_MS } from "../contract/units.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import type { Db } from "../db/database.ts";
import { findOauthRecord, saveOauthRecord } from "../db/oauth-records.ts";
import type { ParsedToken } from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";

/** What the consent stores with a grant, encrypted: the library hands it back when it redeems the code. */
export const GrantProps = z.object({
  /** The user who has consented. */
  actor: z.string(),
  client: OauthClient,
  /** Rules that narrow the grant; null: it is not narrowed. */
  tools: z.array(z.string()).nullable(),
});
export type GrantProps = z.infer<typeof GrantProps>;

/** The response of the library to a client that gets tokens. */
export const IssuedTokens = z.looseObject({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.int(),
});
export type IssuedTokens = z.infer<typeof IssuedTokens>;

/** A grant in its workspace. `idleDays`: of the workspace's settings. */
export interface GrantPlace {
  env: Env;
  db: Db;
  workspaceId: string;
  idleDays: number;
  token: ParsedToken;
}

/**
 * Has the Workspace object accept an access token from now on, with a new grant if `props` says whose, and remembers which
 * refresh token was issued. The object refuses for a grant, member or client that is not allowed any more.
 */
export async function acceptTokens(
  place: GrantPlace,
  issued: IssuedTokens,
  props: GrantProps | null,
): Promise<ChangeResult> {
  const { token, idleDays } = place;
  const now = Date.now();
  const endsAt = now + idleDays * DAY_MS;
  const access = {
    digest: sha256Hex(issued.access_token),
    expiresAt: now + issued.expires_in * 1_000,
  };
  await rememberIssued(place, issued.refresh_token, endsAt);
  const granted = { grant: token.grant, access, endsAt };
  if (!props) return change(place, { type: "grant.refresh", ...granted });
  const { actor, client, tools } = props;
  const { memberId } = token;
  return change(place, { type: "grant.create", ...granted, memberId, client, tools }, actor);
}

/** Ends a grant in its workspace: all its access tokens are refused on the next call. */
export function endGrant(place: GrantPlace, cause: Command<"grant.end">["cause"]) {
  return change(place, { type: "grant.end", grant: place.token.grant, cause });
}

/** Has the workspace refuse an access token on the next call. */
export function dropAccessToken(place: GrantPlace, accessToken: string) {
  const { grant } = place.token;
  return change(place, { type: "grant.drop", grant, digest: sha256Hex(accessToken) });
}

/** Whether a refresh token was issued for this grant: one that the library does not know any more was replaced. */
export async function wasIssued({ db, token }: GrantPlace, refreshToken: string): Promise<boolean> {
  const found = await findOauthRecord(db, toIssuedKey(refreshToken), Date.now());
  return found?.value === token.grant;
}

async function rememberIssued(
  { db, token }: GrantPlace,
  refreshToken: string,
  expiresAt: number,
): Promise<void> {
  const record = { key: toIssuedKey(refreshToken), value: token.grant, metadata: null };
  await saveOauthRecord(db, { ...record, clientId: null, expiresAt }, undefined, Date.now());
}

function toIssuedKey(refreshToken: string): string {
  return `issued:${sha256Hex(refreshToken)}`;
}

function change(
  { env, workspaceId, token }: GrantPlace,
  command: Command<"grant.create" | "grant.refresh" | "grant.end" | "grant.drop">,
  actor = "system",
): Promise<ChangeResult> {
  return workspacesOf(env).getByName(token.slug).change(command, actor, workspaceId);
}
