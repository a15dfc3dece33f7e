import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { BRIDGE_PORT } from "../instances/bridge-connection.ts";
import type { HostedInstance } from "../instances/hosted-instance.ts";
import type { ApiCall } from "./api-route.ts";
import { sendError } from "./responses.ts";

const CONNECT_TIMEOUT_MS = 3_000;

/** What passes to the bridge and back; everything else is this connection's own affair. */
const REQUEST_HEADER = /^(content-type|accept|last-event-id|mcp-.*)$/;
const RESPONSE_HEADER = /^(content-type|cache-control|allow|retry-after|x-accel-buffering|mcp-.*)$/;

/** Passes an MCP request to the instance's bridge and streams the answer back; a hang-up on one side ends the other. */
export function relayMcp(instance: HostedInstance, call: ApiCall): Promise<void> {
  const { request, response, body, signal } = call;
  const bridge = instance.bridge;
  if (!bridge) {
    const { state, reason } = instance.describe();
    const why = reason ? ` (${reason.code})` : "";
    sendError(response, "instance_not_running", `The instance is ${state}${why}.`);
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
    upstream.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, pick(answer.headers, RESPONSE_HEADER));
      response.flushHeaders();
      answer.on("data", (chunk: Buffer) => {
        usage.responseBytes += chunk.length;
      });
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    upstream.once("error", () => {
      if (response.headersSent) response.destroy();
      else sendError(response, "bridge_unreachable", "The server's bridge does not answer.");
      resolve();
    });
    upstream.once("close", resolve);
    upstream.end(body);
  });
}

function pick(headers: IncomingHttpHeaders, names: RegExp): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.test(name)));
}
