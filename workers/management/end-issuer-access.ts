import type { Context } from "hono";
import type { ChangeResult } from "../contract/rpc/commands.ts";
import type { ManagementEnv } from "./authorize.ts";
import { change } from "./responses.ts";

/**
 * Ends the access that an issuer has given, around the change after which it gives no more. If the first fails, nothing has
 * changed and the caller repeats it; the second ends what an assertion has got in between.
 */
export async function endIssuerAccess(
  c: Context<ManagementEnv>,
  issuerId: string,
  memberId: string | null,
  store: () => Promise<void>,
): Promise<ChangeResult> {
  const { slug } = c.var.workspace;
  const command = { type: "grant.forget", issuerId, memberId } as const;
  const before = await change(c, slug, command);
  if (!before.ok) return before;
  await store();
  return change(c, slug, command);
}
