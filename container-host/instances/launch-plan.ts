import type { HostingCatalogueEntry } from "../../workers/contract/hosting/catalogue-entry.ts";
import {
  PROFILES,
  type HostErrorCode,
  type InstanceRequest,
  type Profile,
} from "../../workers/contract/hosting/host-protocol.ts";
import { findVariableNameProblem } from "../../workers/contract/hosting/variable-names.ts";
import type { AllowedImage } from "../config.ts";
import type { ContainerSpec } from "../engine/engine.ts";
import {
  CATALOGUE_ID_LABEL,
  FINGERPRINT_LABEL,
  FORWARD_LABEL,
  HAS_VARIABLES_LABEL,
  INSTANCE_LABEL,
  PROFILE_LABEL,
  VERSION_LABEL,
  WORKSPACE_LABEL,
  toNamePrefix,
  toOwnerLabels,
  type Owner,
} from "../engine/labels.ts";
import { EGRESS_PORT, type Destination } from "../network/egress-proxy.ts";
import type { NetworkAttachment } from "../network/workspace-networks.ts";
import type { HostIdentity } from "../state/host-identity.ts";
import { BRIDGE_PORT } from "./bridge-connection.ts";
import { routeDatabaseUrl } from "./database-url.ts";
import type { InstanceMetadata } from "./instance-metadata.ts";

/** Everything that is needed to create and start an instance's container. */
export interface LaunchPlan extends InstanceMetadata {
  image: AllowedImage;
  /** Name of the npm package. */
  packageName: string;
  pids: number;
  environment: Record<string, string>;
  labels: Record<string, string>;
  /** Host names that the egress proxy allows. */
  egressHosts: ReadonlySet<string>;
  /** The one server that the instance connects to by TCP; null: none. */
  forward: Destination | null;
  /** Keyed hash of the whole plan: equal plans need no new container. */
  fingerprint: string;
  /** The handover line for the bridge's standard input, with credentials in clear. Never log or store it. */
  handover: string;
  /** Bearer token of the bridge. */
  secret: string;
}

/** A plan, or the refusal of a deployment. */
export type LaunchPlanDecision =
  | { ok: true; plan: LaunchPlan }
  | {
      ok: false;
      code: Extract<
        HostErrorCode,
        "unknown_catalogue_entry" | "invalid_variable" | "profile_too_small"
      >;
      message: string;
    };

/** The host's configuration for launch plans. */
export interface LaunchContext {
  owner: Owner;
  catalogue: Map<string, HostingCatalogueEntry>;
  images: Record<string, AllowedImage>;
  identity: HostIdentity;
}

/** Processes and threads of one container. */
const PIDS = 64;
/** Chromium runs a process per page and several others. */
const BROWSER_PIDS = 200;

/** Old-space limit of the bridge, which shares the container's memory with the server. */
const BRIDGE_HEAP_MB = 48;

/** Pure: plans a container from the host's catalogue. The request chooses only entry, profile, version and variable values. */
export function decideLaunchPlan(
  id: { instanceId: string; workspaceId: string },
  request: InstanceRequest,
  context: LaunchContext,
): LaunchPlanDecision {
  const { catalogueId, profile } = request;
  const entry = context.catalogue.get(catalogueId);
  const image = entry && context.images[entry.image];
  if (!entry || !image) {
    return refuse("unknown_catalogue_entry", `This host cannot deploy "${catalogueId}".`);
  }
  if (PROFILES[profile].memoryMb < PROFILES[entry.profile].memoryMb) {
    const message = `"${catalogueId}" needs the profile ${entry.profile} or a larger one.`;
    return refuse("profile_too_small", message);
  }
  const problem = findVariableProblem(entry, request.variables);
  if (problem) return refuse("invalid_variable", problem);
  return { ok: true, plan: toLaunchPlan(id, { entry, image, request }, context) };
}

/**
 * Null: the variables are valid. Allowed are the entry's variables only, and no name that makes a runtime load code. A
 * value can begin with a dash, like a key in PEM: values reach the server in its environment, never as an argument.
 */
function findVariableProblem(
  entry: HostingCatalogueEntry,
  values: InstanceRequest["variables"],
): string | null {
  for (const [name, value] of Object.entries(values)) {
    const nameProblem = findVariableNameProblem(name);
    if (nameProblem !== null) return `${nameProblem}.`;
    const variable = entry.variables.find(({ key }) => key === name);
    if (!variable) return `"${entry.id}" has no variable ${name}.`;
    if (value.includes("\0")) return `The value of ${name} must not contain a zero byte.`;
  }
  const { connectsTo } = entry;
  if (connectsTo && values[connectsTo] && !routeDatabaseUrl(values[connectsTo])) {
    return `The value of ${connectsTo} must be a URL with a host name, not an IP address: postgres://user:password@db.example.com:5432/name.`;
  }
  const missing = entry.variables.find(({ key, required }) => required && !values[key]);
  return missing ? `"${entry.id}" needs a value for ${missing.key} (${missing.label}).` : null;
}

function toLaunchPlan(
  { instanceId, workspaceId }: { instanceId: string; workspaceId: string },
  {
    entry,
    image,
    request,
  }: { entry: HostingCatalogueEntry; image: AllowedImage; request: InstanceRequest },
  { owner, identity }: LaunchContext,
): LaunchPlan {
  const { catalogueId, profile } = request;
  const version = request.version === entry.package.version ? null : (request.version ?? null);
  const routed = routeDatabase(entry, request.variables);
  const variables = { ...request.variables, ...routed.variables };
  const { forward } = routed;
  const environment = toEnvironment(entry, profile);
  const secret = identity.deriveBridgeSecret(instanceId);
  const handover = JSON.stringify({ ...toHandover(entry, variables), secret });
  const pids = entry.image === "browser" ? BROWSER_PIDS : PIDS;
  const fingerprint = identity.computeFingerprint(
    JSON.stringify([
      workspaceId,
      image.id,
      profile,
      pids,
      environment,
      handover,
      entry.egress,
      // A plan without a version has the fingerprint that it had before there were versions.
      ...(version === null ? [] : [version]),
    ]),
  );
  return {
    instanceId,
    workspaceId,
    catalogueId,
    profile,
    version,
    trialUntil: request.trialUntil ?? null,
    image,
    packageName: entry.package.name,
    pids,
    environment,
    labels: {
      ...toOwnerLabels(owner),
      [WORKSPACE_LABEL]: workspaceId,
      [INSTANCE_LABEL]: instanceId,
      [CATALOGUE_ID_LABEL]: catalogueId,
      [PROFILE_LABEL]: profile,
      [VERSION_LABEL]: version ?? "",
      [FINGERPRINT_LABEL]: fingerprint,
      // Set in any case: a label that the host does not set would be the image's.
      [FORWARD_LABEL]: forward ? `${forward.host}:${forward.port}` : "",
      [HAS_VARIABLES_LABEL]: Object.keys(variables).length > 0 ? "yes" : "no",
    },
    egressHosts: new Set(entry.egress),
    forward,
    fingerprint,
    handover,
    secret,
  };
}

/** The environment of the bridge. */
function toEnvironment(entry: HostingCatalogueEntry, profile: Profile): Record<string, string> {
  return {
    HOME: "/tmp",
    HOST: "0.0.0.0",
    PORT: String(BRIDGE_PORT),
    MCP_COMMAND: entry.command,
    MCP_CONCURRENCY: entry.concurrency,
    MCP_HEAP_MB: String(PROFILES[profile].heapMb),
    MCP_HANDOVER: "stdin",
    // Without a limit Node sizes the bridge's heap by the machine, which has more memory than the container.
    NODE_OPTIONS: `--max-old-space-size=${BRIDGE_HEAP_MB}`,
    NODE_USE_ENV_PROXY: "1",
    // Further arenas of glibc, one per thread, cost memory and help only programs that allocate in many threads.
    MALLOC_ARENA_MAX: "1",
  };
}

/** Rewrites the entry's database URL to the host's TCP forward. */
function routeDatabase({ connectsTo }: HostingCatalogueEntry, values: Record<string, string>) {
  const value = connectsTo && values[connectsTo];
  const routed = value ? routeDatabaseUrl(value) : null;
  if (!connectsTo || !routed) return { forward: null, variables: {} };
  return { forward: routed.destination, variables: { [connectsTo]: routed.url } };
}

/** The bridge redacts `credentials` from the server's log: the entry's variables of kind password. */
function toHandover(entry: HostingCatalogueEntry, values: Record<string, string>) {
  const isPassword = (name: string) =>
    entry.variables.find(({ key }) => key === name)?.kind === "password";
  const given = Object.entries(values);
  return {
    variables: {
      ...entry.environment,
      ...Object.fromEntries(given.filter(([name]) => !isPassword(name))),
    },
    credentials: Object.fromEntries(given.filter(([name]) => isPassword(name))),
  };
}

/** The engine's part of a plan. Variables and the bridge's secret are not in it. */
export function toContainerSpec(
  plan: LaunchPlan,
  attachment: NetworkAttachment,
  packages: string | null,
): ContainerSpec {
  const proxy = `http://${attachment.gateway}:${EGRESS_PORT}`;
  return {
    imageId: plan.image.id,
    environment: {
      ...plan.environment,
      HTTPS_PROXY: proxy,
      HTTP_PROXY: proxy,
      NO_PROXY: "localhost,127.0.0.1",
    },
    labels: plan.labels,
    hosts: plan.forward ? { [plan.forward.host]: attachment.gateway } : {},
    network: attachment.network,
    address: attachment.address,
    memoryBytes: PROFILES[plan.profile].memoryMb * 1024 * 1024,
    pids: plan.pids,
    packages,
  };
}

/** A container's name. */
export function toContainerName(owner: Owner, instanceId: string): string {
  return `${toNamePrefix(owner)}${instanceId}`;
}

function refuse(
  code: Extract<LaunchPlanDecision, { ok: false }>["code"],
  message: string,
): LaunchPlanDecision {
  return { ok: false, code, message };
}
