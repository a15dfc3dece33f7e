import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ContractScope, ContractState } from "../../workers/contract/rpc/contract-commands.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { KnownContract } from "../changes/change-decision.ts";

/** What is known of a server's definitions. */
export function findKnownContract(loaded: LoadedWorkspace | null, serverId: string): KnownContract {
  const served = loaded?.upstreams.served;
  return {
    observed: served?.observed(serverId) ?? null,
    contract: served?.findContract(serverId) ?? null,
    changes: served?.find(serverId)?.changes ?? [],
  };
}

/** The contracts of servers, by position. */
export function listContractStates(
  loaded: LoadedWorkspace | null,
  scope: ContractScope,
): ContractState[] {
  if (!loaded) return [];
  const servers = [...loaded.config.servers.values()].toSorted((a, b) => a.position - b.position);
  if (typeof scope !== "string")
    return servers
      .filter(({ id }) => id === scope.serverId)
      .map((server) => toContractState(loaded, server));
  const states = servers.map((server) => toContractState(loaded, server));
  return scope === "all" ? states : states.map((state) => ({ ...state, contract: null }));
}

function toContractState(loaded: LoadedWorkspace, server: ServerRecord): ContractState {
  const { contract, changes } = findKnownContract(loaded, server.id);
  const check = loaded.upstreams.checks.get(server.id);
  return {
    serverId: server.id,
    slug: server.slug,
    policy: server.changePolicy,
    contract,
    observedAt: check && check.error === null ? check.checkedAt : null,
    changes,
  };
}
