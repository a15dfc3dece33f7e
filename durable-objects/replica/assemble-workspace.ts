import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { type Env } from "../../workers/runtime/env.ts";
import { budgetsOf } from "../../workers/runtime/settings.ts";
import { egressOf } from "../../workers/upstream/egress.ts";
import { toHostSubject } from "../admission/call-route.ts";
import { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { RateLimiter } from "../admission/rate-limit.ts";
import { CallLog } from "../audit/call-log.ts";
import { GATEWAY, type AccessResult } from "../credentials/connection-index.ts";
import { Connections } from "../credentials/connections.ts";
import { Credentials } from "../credentials/credentials.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { CheckRhythm } from "../tool-catalogue/check-rhythm.ts";
import { NameOwners } from "../tool-catalogue/name-owners.ts";
import { RecordedChecks } from "../tool-catalogue/recorded-checks.ts";
import type { HeadersResult, UpstreamDependencies } from "../tool-catalogue/server-values.ts";
import { Upstreams } from "../tool-catalogue/upstreams.ts";

/** Builds the workspace in memory from its configuration and the object's storage. */
export function assembleWorkspace(
  config: WorkspaceConfig,
  storage: WorkspaceStorage,
  env: Env,
  events: Pick<UpstreamDependencies, "onDetected" | "onObserved">,
): LoadedWorkspace {
  const credentials = new Credentials(() => env.MCPNEST_MASTER_KEYS);
  const budgets = budgetsOf(env);
  const connections = new Connections({
    config,
    storage,
    openDataKey: (wrapped) => credentials.openDataKey(wrapped),
    options: { budgets, ...egressOf(env) },
  });
  // Changes are applied to `config` itself, so that a re-wrapped key is used here too.
  const headersOf = async (server: ServerRecord, caller: string) =>
    withAccess(
      await credentials.headersOf(config.workspace, server),
      await connections.accessOf(server, caller),
    );
  const optionsFor = (server: ServerRecord) => ({
    budgets,
    ...egressOf(env, toHostSubject(config.workspace, server)),
  });
  const upstreams = new Upstreams(storage, {
    budgets,
    optionsFor,
    headersOf: (server) => headersOf(server, GATEWAY),
    ...events,
    termsOf: (serverId) => config.servers.get(serverId),
    explainRefusal: (...refusal) => connections.explainRefusal(...refusal),
    onAccepted: (server) => connections.handleAccepted(server),
  });
  const callLog = new CallLog(storage, Date.now());
  const limiter = new RateLimiter(storage.sql, Date.now());
  const nameOwners = new NameOwners(storage);
  return new LoadedWorkspace({
    config,
    callLog,
    limiter,
    upstreams,
    nameOwners,
    storage,
    checkRhythm: new CheckRhythm(storage),
    recordedChecks: new RecordedChecks(storage),
    headersOf,
    optionsFor,
    connections,
  });
}

/** The headers with the access token of a sign-in, or a person's own key. */
function withAccess(sent: HeadersResult, access: AccessResult | null): HeadersResult {
  if (!sent.ok || !access) return sent;
  if (!access.ok) return access;
  const { header, value } = access;
  const others = sent.credentials.filter((name) => name !== header);
  return {
    ok: true,
    headers: { ...sent.headers, [header]: value },
    credentials: [...others, header],
    tokenVersion: access.version,
  };
}
