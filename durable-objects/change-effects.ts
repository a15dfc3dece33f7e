import type { ServerRecord, WorkspaceConfig } from "../workers/contract/records/workspace.ts";
import type {
  ChangeResult,
  Command,
  CommandResults,
  CommandType,
} from "../workers/contract/rpc/commands.ts";
import type { ServerCheck } from "../workers/contract/rpc/tool-catalogue.ts";
import type { HostedInstances } from "./hosting/hosted-instances.ts";
import type { NotificationStreams } from "./notifications/notification-streams.ts";
import type { ConfigReplica } from "./replica/config-replica.ts";

/** Work after a change is in force. Returns the caller's result. `before`: the configuration before the change. */
export type ChangeEffects = {
  [T in CommandType]?: (
    result: CommandResults[T],
    before: WorkspaceConfig | undefined,
  ) => CommandResults[T] | Promise<CommandResults[T]>;
};

/**
 * New and changed servers are checked within the caller's request. Container hosts are called after it: a start takes
 * longer than a request. What a token that has ended was subscribed to is deleted. `checkServer` returns null for a check
 * that takes too long.
 */
export function makeChangeEffects(
  ctx: DurableObjectState,
  replica: ConfigReplica,
  hosted: HostedInstances,
  streams: NotificationStreams,
  checkServer: (serverId: string) => Promise<ServerCheck | null>,
): ChangeEffects {
  async function addCheck({ server }: { server: ServerRecord }) {
    const check = server.enabled ? await checkServer(server.id) : null;
    // The check can have stored a transport and era.
    const checked = (await replica.tryLoad())?.config.servers.get(server.id);
    return { server: checked ?? server, check };
  }
  async function checkAll(serverIds: string[]): Promise<void> {
    for (const id of serverIds) await checkServer(id);
  }
  const endSubscriptions = <T>(result: T) => {
    streams.deleteEndedSubscriptions();
    return result;
  };
  return {
    // The tokens of a member who becomes an auditor are revoked.
    "member.update": endSubscriptions,
    "member.delete": endSubscriptions,
    "token.rotate": endSubscriptions,
    "token.revoke": endSubscriptions,
    "grant.end": endSubscriptions,
    "agent.delete": endSubscriptions,
    "trust-rule.delete": endSubscriptions,
    "temporary-token.delete": endSubscriptions,
    "configuration.apply": (result) => {
      streams.deleteEndedSubscriptions();
      ctx.waitUntil(checkAll(result.serversToCheck));
      return result;
    },
    "server.create": addCheck,
    "server.update": addCheck,
    "server.connect": addCheck,
    "server.enter-key": addCheck,
    "server.disconnect": async (result) => {
      await checkServer(result.server.id);
      return result;
    },
    "instance.create": (result) => {
      ctx.waitUntil(hosted.start(result.instance.id));
      return result;
    },
    "instance.restart": (result) => {
      ctx.waitUntil(hosted.restart(result.instance.id));
      return result;
    },
    "instance.switch": (result) => {
      ctx.waitUntil(hosted.restart(result.instance.id));
      return result;
    },
    "workspace.delete": (result, before) => {
      if (before) ctx.waitUntil(hosted.removeAll(before));
      return result;
    },
  };
}

/** Executes a command, and what follows from it. */
export type ChangeRunner = <T extends CommandType>(
  command: Command<T>,
  actor: string,
  workspaceId: string | null,
) => Promise<ChangeResult<T>>;

/** `onDeleted` is called when the workspace is gone. The tokens of sign-ins that have ended are revoked after the change. */
export function makeChangeRunner(
  ctx: DurableObjectState,
  replica: ConfigReplica,
  effects: ChangeEffects,
  onDeleted: () => void,
): ChangeRunner {
  return async (command, actor, workspaceId) => {
    const { loaded } = replica;
    const before = loaded?.config;
    const connections = new Map(before?.connections);
    const outcome = await replica.change(command, actor, workspaceId);
    // After a deletion there is no loaded workspace that calls the listener.
    if (!replica.loaded) onDeleted();
    if (!outcome.ok) return outcome;
    if (loaded && connections.size > 0)
      ctx.waitUntil(loaded.connections.revokeEnded(connections, !replica.loaded));
    const runEffect = effects[command.type];
    return runEffect ? { ok: true, result: await runEffect(outcome.result, before) } : outcome;
  };
}
