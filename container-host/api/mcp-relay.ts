import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { BRIDGE_PORT } from "../instances/bridge-connection.ts";
import type { HostedInstance } from "../instances/hosted-instance.ts";
import type { ApiRequest } from "./api-route.ts";
import { sendError } from "./responses.ts";

/** A bridge of this machine connects within milliseconds; after 3 s it is unreachable. */
const CONNECT_TIMEOUT_MS = 3_000;

/** Headers that are relayed to the bridge and back. All others concern one connection only. */
const REQUEST_HEADER = /^(content-type|accept|last-event-id|mcp-.*|mcpnest-.*)$/;
const RESPONSE_HEADER = /^(content-type|cache-control|allow|retry-after|x-accel-buffering|mcp-.*)$/;

/** Relays an MCP request to the instance's bridge and streams the response back. Closing one side closes the other. */
export function relayMcpRequest(instance: HostedInstance, context: ApiRequest): Promise<void> {
  const { request, response, body, signal } = context;
  const bridge = instance.bridge;
  if (!bridge) {
    const { state, reason } = instance.describe();
    const suffix = reason ? ` (${reason.code})` : "";
    sendError(response, "instance_not_running", `The instance is ${state}${suffix}.`);
    return Promise.resolve();
  }
  const { usage } = instance;
  usage.requestBytes += body.length;
  return new Promise((resolve) => {
    const upstream = httpRequest({
      agent: bridge.agent,
      host: bridge.address,
      port: BRIDGE_PORT,
      path: "/mcp",
      method: request.method,
      headers: {
        ...pick(request.headers, REQUEST_HEADER),
        "content-length": body.length,
        authorization: `Bearer ${bridge.secret}`,
      },
      signal,
    });
    upstream.once("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => upstream.destroy(), CONNECT_TIMEOUT_MS);
      socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    });
    upstream.once("response", (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, pick(incoming.headers, RESPONSE_HEADER));
      response.flushHeaders();
      incoming.on("data", (chunk: Buffer) => {
        usage.responseBytes += chunk.length;
      });
      incoming.pipe(response);
      incoming.once("error", () => response.destroy());
    });
    // Only the connection to the bridge fails here.
    upstream.once("error", () => {
      if (response.headersSent) response.destroy();
      else sendError(response, "bridge_unreachable", "The server's bridge does not respond.");
      resolve();
    });
    upstream.once("close", resolve);
    upstream.end(body);
  });
}

function pick(headers: IncomingHttpHeaders, names: RegExp): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.test(name)));
}
