import type { ServerRecord } from "../workers/contract/records/workspace.ts";
import type { ServerCheck } from "../workers/contract/rpc/tool-catalogue.ts";
import { insertChecks } from "../workers/db/checks.ts";
import type { Db } from "../workers/db/database.ts";
import { logFailure } from "../workers/runtime/log.ts";
import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";

/** Checks servers now and stores the results in D1. Without D1 the results are returned and not stored. */
export async function checkServers(
  loaded: LoadedWorkspace,
  servers: ServerRecord[],
  db: Db,
): Promise<ServerCheck[]> {
  const checks = await Promise.all(servers.map((server) => loaded.upstreams.refresh(server)));
  const rows = servers.flatMap((server, i) => {
    const check = checks[i];
    return check ? [{ serverId: server.id, workspaceId: loaded.config.workspace.id, check }] : [];
  });
  await insertChecks(db, rows).catch((error: unknown) =>
    logFailure("server_checks_not_stored", error),
  );
  return checks;
}
