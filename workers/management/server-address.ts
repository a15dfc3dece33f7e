import type { Context } from "hono";
import type { Refusal } from "../contract/rpc/commands.ts";
import { isOwnAddress } from "../http/own-gateway.ts";
import type { ManagementEnv } from "./authorize.ts";

/** The refusal of a server whose URL is on a host of this deployment: a loop, or no MCP server. Null: it is not. */
export function refuseOwnAddress(
  c: Context<ManagementEnv>,
  url: string | undefined,
): Refusal | null {
  const host = c.req.header("host") ?? "";
  if (url === undefined || !isOwnAddress(url, host, c.env.ALLOWED_HOSTS)) return null;
  const message =
    "url: leads back to this gateway, because it has the gateway's host; enter the URL of the server itself.";
  return { code: "invalid", message };
}
