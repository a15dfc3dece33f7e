// npm run recover -- <id, name or address>: lets somebody back in who has lost every passkey and recovery code. Uses the
// gateway that `npm start` runs, or MCPNEST_URL (https://host) with MCPNEST_OPERATOR_KEY.
import { readDevFile } from "./data-folder.ts";
import { createRecoveryLink, type ManagementApi } from "./management-client.ts";

const person = process.argv[2];
try {
  if (!person) throw new Error("usage: npm run recover -- <id, name or address of the person>");
  const url = await createRecoveryLink(await findApi(), person);
  console.log(`Give this to ${person}; it works once, within three days:\n  ${url}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function findApi(): Promise<ManagementApi> {
  const { MCPNEST_URL: url, MCPNEST_OPERATOR_KEY: operatorKey } = process.env;
  if (url && operatorKey) return { apiUrl: `${url.replace(/\/+$/, "")}/api`, operatorKey };
  const dev = await readDevFile();
  if (!dev) throw new Error("Run `npm start`, or set MCPNEST_URL and MCPNEST_OPERATOR_KEY.");
  return { apiUrl: dev.apiUrl, operatorKey: dev.operatorKey };
}
