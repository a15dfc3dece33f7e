import type { Context } from "hono";
import type { Refusal } from "../contract/rpc/commands.ts";
import { isOwnGateway } from "../http/own-gateway.ts";
import type { ManagementEnv } from "./authorize.ts";

/** The refusal of a server whose URL is a gateway of this deployment (a loop); null: it is none. */
export function refuseOwnGateway(
  c: Context<ManagementEnv>,
  url: string | undefined,
): Refusal | null {
  const host = c.req.header("host") ?? "";
  if (url === undefined || !isOwnGateway(url, host, c.env.ALLOWED_HOSTS)) return null;
  const message =
    "url: leads back to this gateway, and its calls would go round in a loop; enter the URL of the server itself.";
  return { code: "invalid", message };
}
