import type { Context } from "hono";
import type { ChangeResult } from "../contract/rpc/commands.ts";
import type { ManagementEnv } from "./authorize.ts";
import { change } from "./responses.ts";

/**
 * Ends the access that an issuer has given, around the change after which it gives no more. If the first fails, nothing has
 * changed and the caller repeats it; the second ends what an assertion has got in between. `memberId` null: of all members.
 * @param keepsGrants whether what people have revoked or narrowed of it stays so, for an issuer that can be switched on again
 */
export async function endIssuerAccess(
  c: Context<ManagementEnv>,
  of: { issuerId: string; memberId: string | null; keepsGrants: boolean },
  store: () => Promise<void>,
): Promise<ChangeResult> {
  const before = await forgetAll(c, of);
  if (!before.ok) return before;
  await store();
  return forgetAll(c, of);
}

async function forgetAll(
  c: Context<ManagementEnv>,
  of: { issuerId: string; memberId: string | null; keepsGrants: boolean },
): Promise<ChangeResult> {
  for (;;) {
    const command = { type: "grant.forget", ...of } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok || outcome.result.left === 0) return outcome;
  }
}
