import { openDb } from "../db/database.ts";
import { findScimToken, touchScimToken, type ScimTokenRecord } from "../db/scim-tokens.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import { attemptWithin } from "../identity/attempts.ts";
import { digestSecret } from "../identity/random-secrets.ts";
import { recordUse } from "../identity/record-use.ts";
import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Env } from "../runtime/env.ts";
import { MinuteCount } from "../runtime/minute-count.ts";
import type { ScimContext } from "./context.ts";

/** Requests of one token in a minute. Microsoft Entra demands 25 in a second. Every isolate counts its own. */
const MAX_REQUESTS_PER_MINUTE = 3_000;
const counts = new BoundedMap<MinuteCount>(1_000);
/** `lastUsedAt` of a token is stored at most this often. */
const TOUCH_AFTER_MS = 60_000;
const TOKEN = /^mns_[0-9a-f]{48}$/;

/** Who asks. `limited`: how many seconds to wait. */
export type Authentication =
  | { kind: "directory"; context: ScimContext; token: ScimTokenRecord }
  | { kind: "unknown" }
  | { kind: "limited"; seconds: number };

/** Identifies a directory by its bearer token. `name`: of the workspace in the address, its slug or id. */
export async function authenticate(
  request: Request,
  env: Env,
  name: string,
): Promise<Authentication> {
  const authorization = request.headers.get("authorization");
  if (authorization === null) return { kind: "unknown" };
  const [scheme, value = ""] = authorization.split(" ");
  const secret = scheme?.toLowerCase() === "bearer" && TOKEN.test(value) ? value : null;
  const db = openDb(env.DB);
  const attempt = await attemptWithin(env, request, authorization, async () => {
    const found = secret === null ? undefined : await findScimToken(db, await digestSecret(secret));
    const isOwn = found && [found.workspace.id, found.workspace.slug].includes(name);
    return isOwn ? found : null;
  });
  if (attempt.kind === "limited") return attempt;
  if (!attempt.result) return { kind: "unknown" };
  const { token, workspace } = attempt.result;
  const now = Date.now();
  const count = counts.get(token.id) ?? new MinuteCount(MAX_REQUESTS_PER_MINUTE);
  counts.set(token.id, count);
  if (!count.add(now)) return { kind: "limited", seconds: 60 };
  if ((token.lastUsedAt ?? 0) <= now - TOUCH_AFTER_MS)
    await recordUse(touchScimToken(db, token.id, now));
  const base = `${toOrigin(request)}/scim/v2/${name}`;
  return { kind: "directory", context: { env, db, workspace, actor: token.id, base }, token };
}
