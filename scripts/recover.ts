// npm run recover -- <id, name or e-mail address>: account recovery. Prints a recovery link for a user without passkeys
// and recovery codes. Uses the gateway of `npm start`, or MCPNEST_URL (https://host) with MCPNEST_OPERATOR_KEY.
import { findApi } from "./find-api.ts";
import { createRecoveryLink } from "./management-client.ts";

const query = process.argv[2];
try {
  if (!query) throw new Error("usage: npm run recover -- <id, name or e-mail address of the user>");
  const url = await createRecoveryLink(await findApi(), query);
  console.log(`Send this recovery link to ${query}. It works once, within three days:\n  ${url}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
