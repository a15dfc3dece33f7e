import type { z } from "zod";
import {
  DrainRequest,
  InstanceRequest,
  type Instances as InstanceList,
  type HostStatus,
} from "../../workers/contract/hosting/host-protocol.ts";
import type { HostedInstance } from "../instances/hosted-instance.ts";
import type { Instances } from "../instances/instance-registry.ts";
import type { HostState } from "../state/host-state.ts";
import type { ApiRoute } from "./api-route.ts";
import type { ApiCall } from "./api-route.ts";
import { streamEvents } from "./event-stream.ts";
import { relayMcp } from "./mcp-relay.ts";
import { sendError, sendJson } from "./responses.ts";

/** How long a deployment is waited for before it is answered as it is by then. */
const SETTLE_MS = 50_000;

export interface RouteParts {
  instances: Instances;
  state: HostState;
  describeHost: (jti: string) => Promise<HostStatus>;
}

// Ids are matched whole: no slash, dot or percent sign gets past these.
const INSTANCES = /^\/v1\/instances$/;
const INSTANCE = /^\/v1\/instances\/(ins_[0-9a-f]{24})$/;
const RESTART = /^\/v1\/instances\/(ins_[0-9a-f]{24})\/restart$/;
const LOGS = /^\/v1\/instances\/(ins_[0-9a-f]{24})\/logs$/;
const MCP = /^\/v1\/instances\/(ins_[0-9a-f]{24})\/mcp$/;

/** Everything that a host can be asked. There is no way to run a command, an image or a container of the caller's own. */
export function makeRoutes(parts: RouteParts): ApiRoute[] {
  const { instances } = parts;
  const found = (handle: (instance: HostedInstance, call: ApiCall) => Promise<void> | void) => {
    return (call: ApiCall) => {
      const instance = instances.find(call.claims.sub, call.parameters[0] ?? "");
      if (!instance) return sendError(call.response, "not_found", NO_INSTANCE);
      return handle(instance, call);
    };
  };
  const deploy = (anew: boolean) => (call: ApiCall) => deployInstance(instances, call, anew);
  const relay = found(relayMcp);
  return [
    { method: "GET", path: /^\/v1\/host$/, subject: "fleet", handle: describeHost(parts) },
    { method: "PUT", path: /^\/v1\/host\/draining$/, subject: "fleet", handle: setDraining(parts) },
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
    { method: "PUT", path: INSTANCE, subject: "workspace", handle: deploy(false) },
    { method: "POST", path: RESTART, subject: "workspace", handle: deploy(true) },
    {
      method: "GET",
      path: INSTANCE,
      subject: "workspace",
      handle: found((instance, { response }) => sendJson(response, 200, instance.describe())),
    },
    {
      method: "DELETE",
      path: INSTANCE,
      subject: "workspace",
      handle: (call) => terminateInstance(instances, call),
    },
    { method: "GET", path: LOGS, subject: "workspace", handle: found(streamEvents) },
    { method: "POST", path: MCP, subject: "workspace", handle: relay },
    { method: "GET", path: MCP, subject: "workspace", handle: relay },
    { method: "DELETE", path: MCP, subject: "workspace", handle: relay },
  ];
}

const NO_INSTANCE = "There is no such instance on this host.";

async function deployInstance(instances: Instances, call: ApiCall, anew: boolean): Promise<void> {
  const request = parseBody(InstanceRequest, call);
  if (!request) return;
  const instanceId = call.parameters[0] ?? "";
  const id = { instanceId, workspaceId: call.claims.sub };
  if (anew && !instances.find(id.workspaceId, instanceId)) {
    return sendError(call.response, "not_found", NO_INSTANCE);
  }
  const deployment = await instances.deploy(id, request, anew);
  if (!deployment.ok) return sendError(call.response, deployment.code, deployment.message);
  await deployment.instance.settled(AbortSignal.any([call.signal, AbortSignal.timeout(SETTLE_MS)]));
  sendJson(call.response, 200, deployment.instance.describe());
}

async function terminateInstance(instances: Instances, call: ApiCall): Promise<void> {
  const isGone = await instances.terminate(call.claims.sub, call.parameters[0] ?? "");
  if (!isGone) return sendError(call.response, "not_found", NO_INSTANCE);
  call.response.writeHead(204).end();
}

function describeHost(parts: RouteParts) {
  return async ({ response, claims }: ApiCall) => {
    sendJson(response, 200, await parts.describeHost(claims.jti));
  };
}

function setDraining(parts: RouteParts) {
  return async (call: ApiCall) => {
    const request = parseBody(DrainRequest, call);
    if (!request) return;
    await parts.state.setDraining(request.isDraining);
    call.response.writeHead(204).end();
  };
}

function sendInstances(response: ApiCall["response"], list: InstanceList["instances"]): void {
  const content: InstanceList = { instances: list };
  sendJson(response, 200, content);
}

/** The body as the schema has it; null: it was answered with what is wrong. Values are not repeated. */
function parseBody<T extends z.ZodType>(
  schema: T,
  { body, response }: ApiCall,
): z.output<T> | null {
  let content: unknown;
  try {
    content = JSON.parse(body.toString("utf8"));
  } catch {
    sendError(response, "invalid_request", "The body is not JSON.");
    return null;
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  sendError(response, "invalid_request", `The body is not as it must be, at "${where}".`);
  return null;
}
