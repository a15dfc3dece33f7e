import type { Contract } from "../../workers/contract/records/contract.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command, CommandType } from "../../workers/contract/rpc/commands.ts";
import { newId } from "../../workers/crypto/ids.ts";
import type { KeyRing } from "../../workers/crypto/key-ring.ts";
import { findAccessRequest } from "../../workers/db/access-requests.ts";
import { openDb } from "../../workers/db/database.ts";
import {
  findScimGroup,
  findScimNamesake,
  findScimUser,
  listScimUserIds,
} from "../../workers/db/scim.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { egressOf } from "../../workers/upstream/egress.ts";
import { checkUpstreamUrl } from "../../workers/upstream/guarded-fetch.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import {
  refuse,
  type ChangeContext,
  type ChangeDecision,
  type ScimLookup,
} from "../changes/change-decision.ts";
import { decideChange } from "../changes/decide-change.ts";
import { findKnownContract } from "../contracts/contract-state.ts";
import { readKeyRing } from "../credentials/encryption.ts";
import { NO_CLASSES } from "../policy/tool-access.ts";
import { listCallableTools, previewCallableTools } from "../tool-catalogue/exposed-tools.ts";
import type { VersionLog } from "../versions/version-log.ts";

/** Decides on a command of `actor`. `loaded` null: there is no workspace yet. */
export async function decideCommand<T extends CommandType>(
  env: Env,
  command: Command<T>,
  actor: string,
  loaded: LoadedWorkspace | null,
  versions: VersionLog,
): Promise<ChangeDecision<T>> {
  const ring = readKeyRing(env);
  if (typeof ring === "string") return refuse("unavailable", ring);
  // Gives the names that are still to give: a plan compares those of then and now.
  if (command.type === "configuration.apply") loaded?.catalogue();
  const context = makeChangeContext(env, ring, actor, loaded, versions);
  return decideChange(loaded?.config ?? null, command, context);
}

/** What a decision on a command of `actor` needs besides it. `loaded` null: there is no workspace yet. */
function makeChangeContext(
  env: Env,
  ring: KeyRing,
  actor: string,
  loaded: LoadedWorkspace | null,
  versions: VersionLog,
): ChangeContext {
  const config: WorkspaceConfig | undefined = loaded?.config;
  return {
    now: Date.now(),
    actor,
    newId,
    ring,
    checkUrl: (url) => checkUpstreamUrl(url, egressOf(env)),
    contractOf: (serverId) => findKnownContract(loaded, serverId),
    openReferences: (workspace) => versions.openReferences(workspace),
    readVersion: async () => (config ? versions.readLast(config.workspace.id) : 0),
    listTools: () => (loaded ? listCallableTools(loaded) : []),
    previewTools: async (servers, made) =>
      loaded
        ? previewCallableTools(
            loaded,
            servers,
            await findContracts(loaded, servers, made, versions),
          )
        : [],
    previewNames: (servers, wanted) => loaded?.previewNames(servers, wanted) ?? null,
    listClaims: (servers) => loaded?.nameOwners.listClaims(servers) ?? [],
    classOf: loaded?.policy.classOf ?? NO_CLASSES,
    findAccessRequest: async (id) =>
      config && findAccessRequest(openDb(env.DB), config.workspace.id, id),
    scim: openScimLookup(env, config?.workspace.id ?? null),
  };
}

/** `workspaceId` null: there is no workspace yet, and nothing to find. */
function openScimLookup(env: Env, workspaceId: string | null): ScimLookup {
  const id = workspaceId ?? "";
  return {
    findUser: (memberId) => findScimUser(openDb(env.DB), id, memberId),
    findNamesake: (names, ownId) => findScimNamesake(openDb(env.DB), id, names, ownId),
    listUserIds: (memberIds) => listScimUserIds(openDb(env.DB), id, memberIds),
    findGroup: (teamId) => findScimGroup(openDb(env.DB), id, teamId),
  };
}

/** The contracts of servers by digest, also of those that are in force no more. One that D1 does not have is left out. */
async function findContracts(
  { config, upstreams: { served } }: LoadedWorkspace,
  servers: ServerRecord[],
  made: Contract[],
  versions: VersionLog,
): Promise<Map<string, Contract>> {
  const contracts = new Map(made.map((contract) => [contract.digest, contract]));
  for (const { id, changePolicy, contractDigest: digest } of servers) {
    if (digest === null || changePolicy === "allow" || contracts.has(digest)) continue;
    const inForce = served.findContract(id);
    const contract =
      (inForce?.digest === digest ? inForce : served.loadContract(digest)) ??
      (await versions.readContract(config.workspace.id, digest));
    if (contract) contracts.set(digest, contract);
  }
  return contracts;
}
