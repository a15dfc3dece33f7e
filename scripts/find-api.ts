import { readDevFile } from "./data-folder.ts";
import type { ManagementApi } from "./management-client.ts";

/** The management API of MCPNEST_URL with MCPNEST_OPERATOR_KEY, else that of `npm start`. Throws if there is neither. */
export async function findApi(): Promise<ManagementApi> {
  const { MCPNEST_URL: url, MCPNEST_OPERATOR_KEY: operatorKey } = process.env;
  if (url && operatorKey) return { apiUrl: `${url.replace(/\/+$/, "")}/api`, operatorKey };
  const dev = await readDevFile();
  if (!dev)
    throw new Error(
      "No gateway found. Run `npm start` first, or set MCPNEST_URL and MCPNEST_OPERATOR_KEY.",
    );
  return { apiUrl: dev.apiUrl, operatorKey: dev.operatorKey };
}
