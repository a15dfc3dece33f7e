import { z } from "zod";
import { MINUTE_MS } from "../contract/units.ts";
import { seal, unseal } from "../crypto/seal.ts";
import { insertUsedChallenge } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { digestSecret, isSameSecret } from "./random-secrets.ts";

/** Time for the person at the company's provider. */
export const COMPANY_SIGN_IN_MS = 10 * MINUTE_MS;
/** Cookie name without the `__Host-` prefix. Its value is what the gateway keeps of a sign-in, sealed. */
export const COMPANY_COOKIE = "mng_c";

/** What the person wants of the sign-in. */
const Intent = z.discriminatedUnion("kind", [
  /** A new session. `to`: the page of the dashboard that follows; null: the workspace. */
  z.strictObject({ kind: z.literal("sign-in"), to: z.string().nullable() }),
  /** The invitation with this secret. */
  z.strictObject({ kind: z.literal("join"), secret: z.string(), name: z.string() }),
  /** The company account for the member of this session. */
  z.strictObject({ kind: z.literal("bind"), sessionId: z.string() }),
  /** Sensitive actions in this session. */
  z.strictObject({ kind: z.literal("step-up"), sessionId: z.string(), to: z.string() }),
  /** An owner's look at what the provider says. */
  z.strictObject({ kind: z.literal("test"), sessionId: z.string() }),
]);
export type CompanyIntent = z.infer<typeof Intent>;

const Pending = z.strictObject({
  issuerId: z.string(),
  workspaceId: z.string(),
  slug: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  /** Epoch ms. */
  begunAt: z.int(),
  intent: Intent,
});
/** A company sign-in that has begun: the browser is at the provider. */
export type PendingCompanySignIn = z.infer<typeof Pending>;

/**
 * Seals a sign-in that begins for the cookie of the browser in which it began, and in which it must end (against login
 * CSRF). Nothing is stored for sign-ins that strangers begin.
 */
export function sealCompanySignIn(env: Env, pending: PendingCompanySignIn): string {
  const expiresAt = Date.now() + COMPANY_SIGN_IN_MS;
  return seal(env.MCPNEST_MASTER_KEYS, "company-sign-in", pending, expiresAt);
}

/** Returns the sign-in of a browser that comes back with `state`, once; null: it has none, it has expired, or was used. */
export async function takeCompanySignIn(
  env: Env,
  db: Db,
  cookie: string,
  state: string,
): Promise<PendingCompanySignIn | null> {
  const opened = unseal(env.MCPNEST_MASTER_KEYS, "company-sign-in", cookie, Date.now());
  const pending = Pending.safeParse(opened);
  if (!pending.success || !(await isSameSecret(state, pending.data.state))) return null;
  const isFirst = await insertUsedChallenge(db, {
    challenge: await digestSecret(state),
    purpose: "company-sign-in",
    subject: pending.data.issuerId,
    expiresAt: Date.now() + COMPANY_SIGN_IN_MS,
  });
  return isFirst ? pending.data : null;
}
