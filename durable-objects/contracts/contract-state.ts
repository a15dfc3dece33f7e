import type { ContractState } from "../../workers/contract/rpc/contract-commands.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { KnownContract } from "../changes/change-decision.ts";

/** What is known of a server's definitions. */
export function findKnownContract(
  loaded: LoadedWorkspace | null,
  serverId: string,
): KnownContract {
  const served = loaded?.upstreams.served;
  return {
    observed: served?.observed(serverId) ?? null,
    contract: served?.findContract(serverId) ?? null,
    changes: served?.find(serverId)?.changes ?? [],
  };
}

/** The contract of a server with its changes; null: there is no such server. */
export function findContractState(
  loaded: LoadedWorkspace | null,
  serverId: string,
): ContractState | null {
  const server = loaded?.config.servers.get(serverId);
  if (!loaded || !server) return null;
  const { contract, changes } = findKnownContract(loaded, serverId);
  const check = loaded.upstreams.checks.get(serverId);
  return {
    serverId,
    slug: server.slug,
    policy: server.changePolicy,
    contract,
    observedAt: check && check.error === null ? check.checkedAt : null,
    changes,
  };
}

/** The contracts of all servers by position. `withDefinitions` false: without what is approved. */
export function listContractStates(
  loaded: LoadedWorkspace | null,
  withDefinitions: boolean,
): ContractState[] {
  const servers = [...(loaded?.config.servers.values() ?? [])];
  return servers
    .toSorted((a, b) => a.position - b.position)
    .flatMap(({ id }) => findContractState(loaded, id) ?? [])
    .map((state) => (withDefinitions ? state : { ...state, contract: null }));
}
