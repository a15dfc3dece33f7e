import type { HostingCatalogueEntry } from "../../workers/contract/hosting/catalogue-entry.ts";
import {
  PROFILES,
  type HostErrorCode,
  type InstanceRequest,
  type Profile,
} from "../../workers/contract/hosting/host-protocol.ts";
import { variableNameProblem } from "../../workers/contract/hosting/variable-names.ts";
import type { AllowedImage } from "../config.ts";
import type { RunSpec } from "../engine/engine.ts";
import {
  CATALOGUE_ID,
  FINGERPRINT,
  FORWARD,
  HAS_VARIABLES,
  INSTANCE,
  PROFILE,
  WORKSPACE,
  managedBy,
} from "../engine/labels.ts";
import { EGRESS_PORT, type Destination } from "../network/egress-proxy.ts";
import type { Place } from "../network/workspace-networks.ts";
import type { Identity } from "../state/host-identity.ts";
import { BRIDGE_PORT } from "./bridge-connection.ts";
import { routeDatabaseUrl } from "./database-url.ts";

/** What is known of an instance without its variables. */
export interface LaunchFacts {
  instanceId: string;
  workspaceId: string;
  catalogueId: string;
  profile: Profile;
}

/** All that is needed to make and start an instance's container. */
export interface Launch extends LaunchFacts {
  image: AllowedImage;
  pids: number;
  environment: Record<string, string>;
  labels: Record<string, string>;
  egressHosts: ReadonlySet<string>;
  /** The one server that it connects to by TCP; null: none. */
  forward: Destination | null;
  fingerprint: string;
  /** The line for the bridge's standard input, with credentials in clear. Never logged, never stored. */
  handover: string;
  /** What the bridge asks of its callers. */
  secret: string;
}

export type LaunchDecision =
  | { ok: true; launch: Launch }
  | {
      ok: false;
      code: Extract<
        HostErrorCode,
        "unknown_catalogue_entry" | "invalid_variable" | "profile_too_small"
      >;
      message: string;
    };

export interface LaunchContext {
  hostId: string;
  catalogue: Map<string, HostingCatalogueEntry>;
  images: Record<string, AllowedImage>;
  identity: Identity;
}

const PIDS = 64;
/** Chromium takes a process per page and several of its own. */
const BROWSER_PIDS = 200;

/** Old-space limit of the bridge itself, beside the server in the same container. */
const BRIDGE_HEAP_MB = 48;

/** What runs is made from the host's own catalogue; the request chooses the entry, its size and its variables' values. */
export function decideLaunch(
  id: { instanceId: string; workspaceId: string },
  request: InstanceRequest,
  context: LaunchContext,
): LaunchDecision {
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
  return { ok: true, launch: toLaunch(id, { entry, image, request }, context) };
}

/** Only what the entry asks for, only names that make no runtime load code, no value that a command would take for an option. */
function findVariableProblem(
  entry: HostingCatalogueEntry,
  values: InstanceRequest["variables"],
): string | null {
  for (const [name, value] of Object.entries(values)) {
    const reserved = variableNameProblem(name);
    if (reserved !== null) return `${reserved}.`;
    const variable = entry.variables.find(({ key }) => key === name);
    if (!variable) return `"${entry.id}" has no variable ${name}.`;
    if (value.startsWith("-")) return `The value of ${name} may not begin with "-".`;
    if (value.includes("\0")) return `The value of ${name} may not hold a zero byte.`;
  }
  const { connectsTo } = entry;
  if (connectsTo && values[connectsTo] && !routeDatabaseUrl(values[connectsTo])) {
    return `The value of ${connectsTo} must be a URL with the host's name, not an address: postgres://user:password@db.example.com:5432/name.`;
  }
  const missing = entry.variables.find(({ key, required }) => required && !values[key]);
  return missing ? `"${entry.id}" needs a value for ${missing.key} (${missing.label}).` : null;
}

function toLaunch(
  { instanceId, workspaceId }: { instanceId: string; workspaceId: string },
  {
    entry,
    image,
    request,
  }: { entry: HostingCatalogueEntry; image: AllowedImage; request: InstanceRequest },
  { hostId, identity }: LaunchContext,
): Launch {
  const { catalogueId, profile } = request;
  const routed = findRoute(entry, request.variables);
  const variables = { ...request.variables, ...routed.variables };
  const { forward } = routed;
  const environment = {
    HOME: "/tmp",
    HOST: "0.0.0.0",
    PORT: String(BRIDGE_PORT),
    MCP_COMMAND: entry.command,
    MCP_CONCURRENCY: entry.concurrency,
    MCP_HEAP_MB: String(PROFILES[profile].heapMb),
    MCP_HANDOVER: "stdin",
    // The bridge is small; without a limit Node would plan with more than the container has.
    NODE_OPTIONS: `--max-old-space-size=${BRIDGE_HEAP_MB}`,
    NODE_USE_ENV_PROXY: "1",
  };
  const secret = identity.bridgeSecret(instanceId);
  const handover = JSON.stringify({ ...toHandover(entry, variables), secret });
  const pids = entry.image === "browser" ? BROWSER_PIDS : PIDS;
  const fingerprint = identity.fingerprint(
    JSON.stringify([workspaceId, image.id, profile, pids, environment, handover, entry.egress]),
  );
  return {
    instanceId,
    workspaceId,
    catalogueId,
    profile,
    image,
    pids,
    environment,
    labels: {
      ...managedBy(hostId),
      [WORKSPACE]: workspaceId,
      [INSTANCE]: instanceId,
      [CATALOGUE_ID]: catalogueId,
      [PROFILE]: profile,
      [FINGERPRINT]: fingerprint,
      ...(forward ? { [FORWARD]: `${forward.host}:${forward.port}` } : {}),
      [HAS_VARIABLES]: Object.keys(variables).length > 0 ? "yes" : "no",
    },
    egressHosts: new Set(entry.egress),
    forward,
    fingerprint,
    handover,
    secret,
  };
}

/** Leads the entry's one TCP connection through the host's forward. */
function findRoute({ connectsTo }: HostingCatalogueEntry, values: Record<string, string>) {
  const value = connectsTo && values[connectsTo];
  const route = value ? routeDatabaseUrl(value) : null;
  if (!connectsTo || !route) return { forward: null, variables: {} };
  return { forward: route.destination, variables: { [connectsTo]: route.url } };
}

/** What is asked for as a password is redacted from the server's log; the rest is not. */
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

/** What the engine is told; variables and the secret are not part of it. */
export function toRunSpec(launch: Launch, place: Place): RunSpec {
  const proxy = `http://${place.gateway}:${EGRESS_PORT}`;
  return {
    imageId: launch.image.id,
    environment: {
      ...launch.environment,
      HTTPS_PROXY: proxy,
      HTTP_PROXY: proxy,
      NO_PROXY: "localhost,127.0.0.1",
    },
    labels: launch.labels,
    hosts: launch.forward ? { [launch.forward.host]: place.gateway } : {},
    network: place.network,
    address: place.address,
    memoryBytes: PROFILES[launch.profile].memoryMb * 1024 * 1024,
    pids: launch.pids,
  };
}

/** Two hosts may share an engine, so the host is part of the name. */
export function containerName(hostId: string, instanceId: string): string {
  return `mcp-${hostId}-${instanceId}`;
}

function refuse(
  code: Extract<LaunchDecision, { ok: false }>["code"],
  message: string,
): LaunchDecision {
  return { ok: false, code, message };
}
