import { z } from "zod";
import { ORIGIN_INPUT } from "../marketplace/server-origin.ts";
import { ChangePolicy } from "../records/contract.ts";
import { DisplayName } from "../records/display-name.ts";
import { OauthSettings } from "../records/oauth.ts";
import { Slug } from "../records/slug.ts";
import { RateLimits, ServerTimeLimit } from "../records/workspace.ts";
import { HeaderName, HeaderValue, PerPersonInput } from "./header-input.ts";

/** Letters, digits, `_` and `-`, so that every client accepts `<prefix>_<tool>` as a name. */
const Prefix = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/,
    "use 1 to 32 of a-z, A-Z, 0-9, _ and -, starting with a letter or digit",
  );
/** Bounds the lists that carry every server of a workspace. */
const MAX_POSITION = 10_000;

/** A new upstream server. */
export const ServerInput = z.strictObject({
  slug: Slug,
  name: DisplayName.optional(),
  url: z.url({ protocol: /^https?$/ }).max(2048),
  /** Null or absent: tools keep the names that the server gives them. */
  prefix: Prefix.nullable().optional(),
  /** Counted from 0; absent: last. */
  position: z.int().min(0).max(MAX_POSITION).optional(),
  enabled: z.boolean().optional(),
  /** Most time for a call, 1 to 3600 s, which every progress notification starts again. Null or absent: 120 s. */
  longestCallSeconds: ServerTimeLimit.optional(),
  /** Most time of a call without a byte from the server, 1 to 3600 s. Null or absent: 30 s. */
  longestSilenceSeconds: ServerTimeLimit.optional(),
  /** Plain headers sent with every request to the server. Secrets belong in `credentials`. */
  headers: z.record(HeaderName, HeaderValue).optional(),
  /** Secret headers by name: write-only, stored encrypted and bound to the origin of `url`. */
  credentials: z.record(HeaderName, HeaderValue).optional(),
  /**
   * When the server stops accepting a credential, by header name, epoch ms; null: it does not, or it is not known. Shown to
   * admins; the gateway enforces nothing.
   */
  credentialsExpireAt: z.record(HeaderName, z.int().min(0).nullable()).optional(),
  /** What each person brings for their own calls. Null or absent: all calls use the workspace's account, or none. */
  perPerson: PerPersonInput.nullable().optional(),
  /** What happens when the server shows other definitions than at first. Absent: `hold`. */
  changePolicy: ChangePolicy.optional(),
  ...ORIGIN_INPUT,
});
export type ServerInput = z.infer<typeof ServerInput>;

const NOT_PATCHED = { slug: true, credentials: true, request: true, changePolicy: true } as const;
/**
 * Changes to a server. `credentials`: a value sets the header, null removes it, headers not named stay unchanged. `origin`:
 * with the entry's version now; null: the server is from no entry.
 */
export const ServerPatch = ServerInput.omit(NOT_PATCHED)
  .extend({
    credentials: z.record(HeaderName, HeaderValue.nullable()),
    origin: ORIGIN_INPUT.origin.nullable(),
  })
  .partial();
export type ServerPatch = z.infer<typeof ServerPatch>;

/** The slugs of all servers of the workspace, each exactly once, in the order in which clients see their tools. */
export const ServersOrder = z.strictObject({ slugs: z.array(Slug).max(MAX_POSITION + 1) });
export type ServersOrder = z.infer<typeof ServersOrder>;

/** Changes to a workspace's settings. */
export const WorkspacePatch = z
  .strictObject({
    name: DisplayName,
    enforcement: z.boolean(),
    defaultAccess: z.enum(["open", "closed"]),
    limits: RateLimits.partial(),
    retentionDays: z.int().min(1).max(90),
    publicRegistry: z.boolean(),
    oauth: OauthSettings.partial(),
  })
  .partial();
export type WorkspacePatch = z.infer<typeof WorkspacePatch>;
