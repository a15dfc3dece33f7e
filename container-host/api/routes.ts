import type { z } from "zod";
import {
  DrainRequest,
  InstanceRequest,
  type Instances as InstanceList,
  type HostStatus,
} from "../../workers/contract/hosting/host-protocol.ts";
import type { PackageVersions } from "../../workers/contract/hosting/package-versions.ts";
import { ServerCheckRequest } from "../../workers/contract/hosting/server-check.ts";
import type { ServerChecks } from "../checks/server-checks.ts";
import type { HostedInstance } from "../instances/hosted-instance.ts";
import type { InstanceRegistry } from "../instances/instance-registry.ts";
import { listVersions } from "../packages/list-versions.ts";
import { PackageError } from "../packages/package-store.ts";
import type { HostState } from "../state/host-state.ts";
import type { ApiRoute, ApiRequest } from "./api-route.ts";
import { streamInstanceEvents } from "./event-stream.ts";
import { relayMcpRequest } from "./mcp-relay.ts";
import { sendError, sendJson } from "./responses.ts";

/** A deployment that still starts after 50 s is returned in its current state. */
const SETTLE_MS = 50_000;
/** One that waits for other starts is returned after 5 s, so that the gateway can show it. */
const QUEUED_SETTLE_MS = 5_000;

/** The parts of the host that the API exposes. */
export interface RouteDependencies {
  instances: InstanceRegistry;
  serverChecks: ServerChecks;
  state: HostState;
  /** URL of the npm registry. */
  registry: string;
  /** The host's status, with a proof for the token with this `jti`. */
  describeHost: (jti: string) => Promise<HostStatus>;
}

// The patterns match whole ids: no slash, dot or percent sign passes (path traversal).
const INSTANCES = /^\/v1\/instances$/;
const INSTANCE = /^\/v1\/instances\/(ins_[0-9a-f]{24})$/;
const RESTART = /^\/v1\/instances\/(ins_[0-9a-f]{24})\/restart$/;
const LOGS = /^\/v1\/instances\/(ins_[0-9a-f]{24})\/logs$/;
const PACKAGE = /^\/v1\/packages\/([a-z0-9][a-z0-9-]{0,38})$/;
const MCP = /^\/v1\/instances\/(ins_[0-9a-f]{24})\/mcp$/;

/**
 * All routes of the API. No route runs a command, image or container that the caller chooses; the check of a generated
 * server runs code of the caller, in a container without network that is removed afterwards.
 */
export function makeRoutes(parts: RouteDependencies): ApiRoute[] {
  const { instances } = parts;
  const withInstance = (
    handle: (instance: HostedInstance, context: ApiRequest) => Promise<void> | void,
  ) => {
    return (context: ApiRequest) => {
      const instance = instances.find(context.claims.sub, context.parameters[0] ?? "");
      if (!instance) return sendError(context.response, "not_found", NO_SUCH_INSTANCE);
      return handle(instance, context);
    };
  };
  const deploy = (options: { forceRestart: boolean }) => (context: ApiRequest) =>
    deployInstance(instances, context, options);
  const relay = withInstance(relayMcpRequest);
  return [
    { method: "GET", path: /^\/v1\/host$/, subject: "fleet", handle: describeHost(parts) },
    { method: "PUT", path: /^\/v1\/host\/draining$/, subject: "fleet", handle: setDraining(parts) },
    { method: "POST", path: /^\/v1\/server-checks$/, subject: "fleet", handle: checkServer(parts) },
    { method: "GET", path: PACKAGE, subject: "fleet", handle: listPackageVersions(parts) },
    {
      method: "GET",
      path: INSTANCES,
      subject: "fleet",
      handle: ({ response }) => sendInstances(response, instances.list(null)),
    },
    {
      method: "GET",
      path: INSTANCES,
      subject: "workspace",
      handle: ({ response, claims }) => sendInstances(response, instances.list(claims.sub)),
    },
    {
      method: "PUT",
      path: INSTANCE,
      subject: "workspace",
      handle: deploy({ forceRestart: false }),
    },
    { method: "POST", path: RESTART, subject: "workspace", handle: deploy({ forceRestart: true }) },
    {
      method: "GET",
      path: INSTANCE,
      subject: "workspace",
      handle: withInstance((instance, { response }) =>
        sendJson(response, 200, instance.describe()),
      ),
    },
    {
      method: "DELETE",
      path: INSTANCE,
      subject: "workspace",
      handle: (context) => terminateInstance(instances, context),
    },
    { method: "GET", path: LOGS, subject: "workspace", handle: withInstance(streamInstanceEvents) },
    { method: "POST", path: MCP, subject: "workspace", handle: relay },
    { method: "GET", path: MCP, subject: "workspace", handle: relay },
    { method: "DELETE", path: MCP, subject: "workspace", handle: relay },
  ];
}

const NO_SUCH_INSTANCE = "This host has no such instance.";

async function deployInstance(
  instances: InstanceRegistry,
  context: ApiRequest,
  options: { forceRestart: boolean },
): Promise<void> {
  const request = parseBody(InstanceRequest, context);
  if (!request) return;
  const instanceId = context.parameters[0] ?? "";
  const id = { instanceId, workspaceId: context.claims.sub };
  if (options.forceRestart && !instances.find(id.workspaceId, instanceId)) {
    return sendError(context.response, "not_found", NO_SUCH_INSTANCE);
  }
  const deployment = await instances.deploy(id, request, options);
  if (!deployment.ok) return sendError(context.response, deployment.code, deployment.message);
  const { instance } = deployment;
  const waitAtMost = (ms: number) =>
    instance.waitUntilSettled(AbortSignal.any([context.signal, AbortSignal.timeout(ms)]));
  await waitAtMost(QUEUED_SETTLE_MS);
  if (!instance.isQueued) await waitAtMost(SETTLE_MS - QUEUED_SETTLE_MS);
  sendJson(context.response, 200, instance.describe());
}

async function terminateInstance(instances: InstanceRegistry, context: ApiRequest): Promise<void> {
  const isTerminated = await instances.terminate(context.claims.sub, context.parameters[0] ?? "");
  if (!isTerminated) return sendError(context.response, "not_found", NO_SUCH_INSTANCE);
  context.response.writeHead(204).end();
}

function describeHost(parts: RouteDependencies) {
  return async ({ response, claims }: ApiRequest) => {
    sendJson(response, 200, await parts.describeHost(claims.jti));
  };
}

function setDraining(parts: RouteDependencies) {
  return async (context: ApiRequest) => {
    const request = parseBody(DrainRequest, context);
    if (!request) return;
    await parts.state.setDraining(request.isDraining);
    context.response.writeHead(204).end();
  };
}

function checkServer({ serverChecks }: RouteDependencies) {
  return async (context: ApiRequest) => {
    const request = parseBody(ServerCheckRequest, context);
    if (!request) return;
    const decision = await serverChecks.check(request, context.signal);
    if (decision.ok) sendJson(context.response, 200, decision.result);
    else sendError(context.response, decision.code, decision.message);
  };
}

/** The versions of the package of a catalogue entry, which the caller cannot name otherwise. */
function listPackageVersions({ instances, registry }: RouteDependencies) {
  return async ({ response, parameters }: ApiRequest) => {
    const name = instances.findPackage(parameters[0] ?? "");
    if (name === undefined)
      return sendError(response, "not_found", "This host has no such catalogue entry.");
    try {
      const content: PackageVersions = {
        package: name,
        versions: await listVersions(registry, name),
      };
      sendJson(response, 200, content);
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      sendError(response, "registry_unavailable", error.message);
    }
  };
}

function sendInstances(response: ApiRequest["response"], list: InstanceList["instances"]): void {
  const content: InstanceList = { instances: list };
  sendJson(response, 200, content);
}

/** The parsed body; null: the error response was sent. It names the member, never its value. */
function parseBody<T extends z.ZodType>(
  schema: T,
  { body, response }: ApiRequest,
): z.output<T> | null {
  let content: unknown;
  try {
    content = JSON.parse(body.toString("utf8"));
  } catch {
    // The caller's mistake.
    sendError(response, "invalid_request", "The body is not JSON.");
    return null;
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  sendError(response, "invalid_request", `The body is invalid at "${path}".`);
  return null;
}
