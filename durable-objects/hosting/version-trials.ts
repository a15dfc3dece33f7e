import {
  listDefinitions,
  toDefinitionId,
} from "../../workers/contract/definitions/list-definitions.ts";
import { HOSTING_CATALOGUE } from "../../workers/contract/hosting/catalogue-data.ts";
import type { Instance } from "../../workers/contract/hosting/host-protocol.ts";
import type { HostRecord } from "../../workers/contract/hosting/hosts.ts";
import type { InstanceRecord } from "../../workers/contract/hosting/instances.ts";
import type { VersionSwitch, VersionTrial } from "../../workers/contract/hosting/version-switch.ts";
import type { Contract } from "../../workers/contract/records/contract.ts";
import type {
  ChangeResult,
  Command,
  RefusedChange,
  Refusal,
  VersionApproval,
} from "../../workers/contract/rpc/commands.ts";
import { LIST_KINDS, type ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { MINUTE_MS } from "../../workers/contract/units.ts";
import { digestDefinitions } from "../../workers/crypto/definition-digest.ts";
import { newId } from "../../workers/crypto/ids.ts";
import { openDb, type Db } from "../../workers/db/database.ts";
import { listHosts } from "../../workers/db/hosts.ts";
import {
  deployInstance,
  removeInstance,
  type HostResponse,
} from "../../workers/hosting/host-client.ts";
import { chooseHosts } from "../../workers/hosting/placement.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { logEvent } from "../../workers/runtime/log.ts";
import { budgetsOf } from "../../workers/runtime/settings.ts";
import { egressOf } from "../../workers/upstream/egress.ts";
import { fetchCatalogue } from "../../workers/upstream/fetch-catalogue.ts";
import { probe } from "../../workers/upstream/probe.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { findInstanceServer } from "../changes/instance-changes.ts";
import { adoptContract } from "../contracts/adopt-contract.ts";
import { approveDefinitions, makeContract } from "../contracts/make-contract.ts";
import { nameDefinitions } from "../contracts/name-definitions.ts";
import { serveCatalogue } from "../contracts/serve-catalogue.ts";
import { Credentials } from "../credentials/credentials.ts";
import type { ConfigReplica } from "../replica/config-replica.ts";
import { canTryOtherHost } from "./start-decisions.ts";

/** Requests for the start of a trial: a host responds after at most 50 s, and an installation takes up to 3 minutes. */
const MAX_START_REQUESTS = 5;
/** The cron removes a trial that its workspace has not removed by then. */
const TRIAL_LIFETIME_MS = 10 * MINUTE_MS;

/** Carries out a switch. */
type SwitchRunner = (
  command: Command<"instance.switch">,
  actor: string,
  workspaceId: string,
) => Promise<ChangeResult<"instance.switch">>;
/** A workspace with the instance of which another version is tried. */
interface Subject {
  loaded: LoadedWorkspace;
  instance: InstanceRecord;
  current: string;
}
/** What a version shows, beside what is approved. `contract` null: the server has none. */
interface Shown {
  ok: true;
  workspaceId: string;
  catalogue: ToolCatalogue;
  contract: Contract | null;
  trial: VersionTrial;
}

/**
 * Tries versions of hosted servers: starts one beside the running server, reads its lists and removes it. No tool is called,
 * and clients notice nothing. It gets the values of the server's variables, because many servers do not start without them.
 */
export class VersionTrials {
  readonly #replica: ConfigReplica;
  readonly #env: Env;
  readonly #db: Db;
  readonly #credentials: Credentials;
  /** Instances of which a version is tried. */
  readonly #tried = new Set<string>();

  constructor(replica: ConfigReplica, env: Env) {
    this.#replica = replica;
    this.#env = env;
    this.#db = openDb(env.DB);
    this.#credentials = new Credentials(() => env.MCPNEST_MASTER_KEYS);
  }

  /** What a version shows, compared with what is approved. */
  async compare(
    id: string,
    version: string,
  ): Promise<{ ok: true; trial: VersionTrial } | RefusedChange> {
    const shown = await this.#try(id, version);
    return shown.ok ? { ok: true, trial: shown.trial } : shown;
  }

  /** Switches to a version, if it starts beside the running one. */
  async switch(
    id: string,
    { version, contract, seen }: VersionSwitch,
    actor: string,
    runChange: SwitchRunner,
  ): Promise<ChangeResult<"instance.switch">> {
    const earlier = (await this.#find(id))?.instance.versions?.earlier;
    if (contract === "earlier" && earlier?.version !== version)
      return refuse("conflict", `The server did not run version ${version} before this one.`);
    const shown = await this.#try(id, version);
    if (!shown.ok) return shown;
    const { trial } = shown;
    if (contract === "seen" && trial.digest !== seen)
      return refuse(
        "conflict",
        `Version ${version} shows something else than it did: compare it again. Nothing was changed.`,
      );
    let approval: VersionApproval | null = null;
    if (contract === "seen" && shown.contract) approval = approve(shown, shown.contract, actor);
    if (contract === "earlier" && earlier && earlier.contractDigest !== null)
      approval = { contractDigest: earlier.contractDigest, made: null, definitions: [] };
    const command = {
      type: "instance.switch",
      id,
      version,
      current: trial.current,
      approval,
    } as const;
    return runChange(command, actor, shown.workspaceId);
  }

  /** Starts the version, reads what it shows, and removes it, whatever happens. */
  async #try(id: string, version: string): Promise<Shown | RefusedChange> {
    const subject = await this.#find(id);
    if (!subject) return refuse("not_found", "There is no such hosted server in this workspace.");
    if (subject.instance.versions?.switching)
      return refuse(
        "conflict",
        "The server is being switched to another version now: wait for it.",
      );
    if (subject.current === version)
      return refuse("conflict", `The server runs version ${version} already.`);
    if (this.#tried.has(id))
      return refuse("conflict", "Another version of this server is being tried: wait for it.");
    this.#tried.add(id);
    try {
      return await this.#tryOnHosts(subject, version);
    } finally {
      this.#tried.delete(id);
    }
  }

  async #tryOnHosts(subject: Subject, version: string): Promise<Shown | RefusedChange> {
    const { loaded, instance } = subject;
    const { workspace } = loaded.config;
    const variables = await this.#credentials.variablesOf(workspace, instance);
    if (!variables)
      return refuse("conflict", "The stored credentials cannot be decrypted: enter them again.");
    const ids = { workspaceId: workspace.id, instanceId: newId("ins") };
    const { catalogueId, profile } = instance;
    const trialUntil = Date.now() + TRIAL_LIFETIME_MS;
    const request = { catalogueId, profile, variables, version, trialUntil };
    let problem = "No container host accepts servers now. Try again later, or ask the operator.";
    for (const host of chooseHosts(await listHosts(this.#db), instance)) {
      try {
        const started = await this.#start(host, ids, request);
        if (started.ok && started.value.state === "running")
          return await this.#read(subject, version, host, ids);
        problem = started.ok
          ? `Version ${version} did not start: ${started.value.reason?.message ?? "it was not ready in time."}`
          : started.message;
        if (started.ok || !canTryOtherHost(started)) break;
      } finally {
        await this.#remove(host, ids);
      }
    }
    return refuse("conflict", `${problem} The server runs on with version ${subject.current}.`);
  }

  async #start(
    host: HostRecord,
    ids: { workspaceId: string; instanceId: string },
    request: Parameters<typeof deployInstance>[3],
  ): Promise<HostResponse<Instance>> {
    for (let sent = 1; ; sent++) {
      const options = { ...ids, forceRestart: false };
      const response = await deployInstance(this.#env, host, options, request);
      const isStarting =
        response.ok && (response.value.state === "starting" || response.value.state === "pending");
      if (!isStarting || sent === MAX_START_REQUESTS) return response;
    }
  }

  async #read(
    { loaded, instance, current }: Subject,
    version: string,
    host: HostRecord,
    { workspaceId, instanceId }: { workspaceId: string; instanceId: string },
  ): Promise<Shown | RefusedChange> {
    const url = new URL(`/v1/instances/${instanceId}/mcp`, host.url).href;
    const upstream = { url, headers: {}, credentials: [] };
    const budgets = budgetsOf(this.#env);
    const options = {
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
      ...egressOf(this.#env, { hostId: host.id, subject: workspaceId }),
    };
    const probed = await probe(upstream, false, options);
    if (!probed.ok) return refuseUnread(version, probed.error.message);
    const { detected, session } = probed;
    const fetched = await fetchCatalogue({ ...upstream, detected }, options, session);
    if (!fetched.ok) return refuseUnread(version, fetched.error.message);
    const unread = LIST_KINDS.filter((list) => fetched.catalogue.unread?.includes(list));
    if (unread.length > 0) return refuseUnread(version, `Its ${unread.join(", ")} are missing`);
    return compare(loaded, instance, current, fetched.catalogue);
  }

  async #remove(host: HostRecord, ids: { workspaceId: string; instanceId: string }): Promise<void> {
    const removed = await removeInstance(this.#env, host, ids);
    if (!removed.ok)
      logEvent({ event: "trial_not_removed", host: host.id, instance: ids.instanceId });
  }

  async #find(id: string): Promise<Subject | null> {
    const loaded = await this.#replica.tryLoad();
    const instance = loaded?.config.instances.get(id);
    const entry = HOSTING_CATALOGUE.find((one) => one.id === instance?.catalogueId);
    if (!loaded || !instance || !entry) return null;
    return { loaded, instance, current: instance.versions?.current ?? entry.package.version };
  }
}

/** Without a contract, what the server shows now takes its place in the comparison. */
function compare(
  loaded: LoadedWorkspace,
  { id }: InstanceRecord,
  current: string,
  fetched: ToolCatalogue,
): Shown {
  const server = findInstanceServer(loaded.config, id);
  const { served } = loaded.upstreams;
  const contract = (server && served.findContract(server.id)) ?? null;
  const observed = server && served.observed(server.id);
  const basis =
    contract ??
    makeContract(approveDefinitions(observed ? listDefinitions(observed) : [], "system", 0), []);
  const catalogue = adoptContract(fetched, basis);
  const { changes } = serveCatalogue(catalogue, basis, "hold");
  const definitions = listDefinitions(catalogue);
  const different = changes.filter(({ after }) => after !== null).length;
  const trial = {
    current,
    digest: digestDefinitions(definitions),
    same: definitions.length - different,
    changes,
  };
  return { ok: true, workspaceId: loaded.config.workspace.id, catalogue, contract, trial };
}

/** The contract with all that a version shows. What is as approved stays as it was approved. */
function approve({ catalogue, trial }: Shown, contract: Contract, actor: string): VersionApproval {
  const known = new Map(
    contract.definitions.map((one) => [toDefinitionId(one.kind, one.key), one]),
  );
  const definitions = approveDefinitions(listDefinitions(catalogue), actor, Date.now()).map(
    (one) => {
      const same = known.get(toDefinitionId(one.kind, one.key));
      return same?.json === one.json ? same : one;
    },
  );
  const shown = new Set(definitions.map(({ kind, key }) => toDefinitionId(kind, key)));
  const refused = contract.refused.filter(({ kind, key }) => !shown.has(toDefinitionId(kind, key)));
  const made = makeContract(definitions, refused);
  return { contractDigest: made.digest, made, definitions: nameDefinitions(trial.changes) };
}

function refuse(code: Refusal["code"], message: string): RefusedChange {
  return { ok: false, refusal: { code, message } };
}

function refuseUnread(version: string, message: string): RefusedChange {
  return refuse("conflict", `What version ${version} shows cannot be read: ${message}.`);
}
