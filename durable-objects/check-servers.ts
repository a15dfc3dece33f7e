import type { ServerCheck } from "../workers/contract/rpc/tool-catalogue.ts";
import { insertChecks } from "../workers/db/checks.ts";
import { openDb, type Db } from "../workers/db/database.ts";
import type { Env } from "../workers/runtime/env.ts";
import { logFailure } from "../workers/runtime/log.ts";
import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";
import type { AlarmTask } from "./alarm-clock.ts";

/** Periodic checks as a task of the object's alarm. `isListening`: whether a client has a notification stream open. */
export function checkTask(
  ctx: DurableObjectState,
  env: Env,
  isListening: () => boolean,
): AlarmTask {
  const useOf = ({ callLog }: LoadedWorkspace) => ({
    lastSeq: callLog.lastSeq,
    isListening: isListening(),
  });
  const nextDueAt = (loaded: LoadedWorkspace) =>
    loaded.enabledServers.length === 0 ? null : loaded.checkRhythm.nextDueAt(useOf(loaded));
  return {
    nextDueAt,
    run(loaded) {
      const dueAt = nextDueAt(loaded);
      if (dueAt !== null && dueAt <= Date.now()) {
        loaded.checkRhythm.startCheck(useOf(loaded), Date.now(), Math.random());
        // The other tasks of the alarm do not wait for servers that do not respond.
        ctx.waitUntil(
          checkPeriodically(loaded, openDb(env.DB)).catch((error: unknown) =>
            logFailure("periodic_check_failed", error),
          ),
        );
      }
      return Promise.resolve(nextDueAt(loaded));
    },
  };
}

/** Checks the servers that are due. In the history are only results that say something new. */
async function checkPeriodically(loaded: LoadedWorkspace, db: Db): Promise<void> {
  const { enabledServers, upstreams, recordedChecks } = loaded;
  const checked = await Promise.all(
    enabledServers.map(async (server) => {
      const isDue = upstreams.isDue(server.id, Date.now());
      const check = isDue ? await upstreams.refresh(server) : upstreams.checks.get(server.id);
      return check && recordedChecks.isNews(server.id, check)
        ? [{ serverId: server.id, check }]
        : [];
    }),
  );
  await record(loaded, checked.flat(), db);
}

/** Checks one server now, for an admin; null: there is no such server. */
export async function checkServer(
  loaded: LoadedWorkspace,
  serverId: string,
  db: Db,
): Promise<ServerCheck | null> {
  const server = loaded.takeForCheck(serverId);
  if (!server) return null;
  loaded.checkRhythm.handleAdmin(loaded.callLog.lastSeq, Date.now());
  const check = await loaded.upstreams.refresh(server);
  await record(loaded, [{ serverId, check }], db);
  return check;
}

type Checked = { serverId: string; check: ServerCheck };

/** Stores checks in the history. Without D1 they are missing there. */
async function record(loaded: LoadedWorkspace, checked: Checked[], db: Db): Promise<void> {
  const workspaceId = loaded.config.workspace.id;
  try {
    await insertChecks(
      db,
      checked.map((row) => ({ ...row, workspaceId })),
    );
    loaded.recordedChecks.handleStored(checked, loaded.config.servers.keys());
  } catch (error) {
    logFailure("server_checks_not_stored", error);
  }
}
