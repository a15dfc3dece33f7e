import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { newId } from "../../workers/crypto/ids.ts";
import type { KeyRing } from "../../workers/crypto/key-ring.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { egressOf } from "../../workers/upstream/egress.ts";
import { checkUpstreamUrl } from "../../workers/upstream/guarded-fetch.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import type { ChangeContext } from "../changes/change-decision.ts";
import { findKnownContract } from "../contracts/contract-state.ts";
import { listExposedTools } from "../tool-catalogue/exposed-tools.ts";
import type { VersionLog } from "../versions/version-log.ts";

/** What a decision on a command of `actor` needs besides it. `loaded` null: there is no workspace yet. */
export function makeChangeContext(
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
    readVersion: async () => (config ? versions.readLast(config.workspace.id) : 0),
    listTools: () => (loaded ? listExposedTools(loaded) : []),
  };
}
