// Preloaded into the conformance suite, whose command line takes no headers: adds MCP_BEARER to its requests. It talks to
// the server under test with fetch, undici and node:http, which announce their requests on these channels.
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

interface UndiciRequest {
  headers: string[];
  addHeader(name: string, value: string): void;
}

const authorization = `Bearer ${process.env["MCP_BEARER"] ?? ""}`;

// The messages have the shapes that Node and undici document for these channels.
subscribe("undici:request:create", (message) => {
  const { request } = message as { request: UndiciRequest };
  const isSet = request.headers.some(
    (name, index) => index % 2 === 0 && name.toLowerCase() === "authorization",
  );
  if (!isSet) request.addHeader("authorization", authorization);
});
subscribe("http.client.request.created", (message) => {
  const { request } = message as { request: ClientRequest };
  if (!request.hasHeader("authorization")) request.setHeader("authorization", authorization);
});
