// Preloaded into the conformance suite, which has no option for headers: adds MCP_BEARER to its requests. The suite
// uses fetch, undici and node:http, which publish their requests on these channels.
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { z } from "zod";

interface UndiciRequest {
  headers: string[];
  addHeader(name: string, value: string): void;
}

const token = process.env["MCP_BEARER"] ?? "";
const authorization = `Bearer ${token}`;

// The messages have the shapes that Node and undici document for these channels.
subscribe("undici:request:create", (message) => {
  const { request } = message as { request: UndiciRequest };
  const isSet = request.headers.some(
    (name, index) => index % 2 === 0 && name.toLowerCase() === "authorization",
  );
  if (!isSet && token !== "") request.addHeader("authorization", authorization);
});
subscribe("http.client.request.created", (message) => {
  const { request } = message as { request: ClientRequest };
  if (!request.hasHeader("authorization") && token !== "")
    request.setHeader("authorization", authorization);
});

// Prints the tools and prompts that a scenario names: with a prefix they do not exist.
const Named = z.object({ params: z.object({ name: z.string() }) });
const Completion = z.object({ params: z.object({ ref: z.object({ name: z.string() }) }) });
const send = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const name = typeof init?.body === "string" ? findName(init.body) : undefined;
  if (name !== undefined) console.log(`=== Names: ${name} ===`);
  return send(input, init);
};

function findName(body: string): string | undefined {
  try {
    const message: unknown = JSON.parse(body);
    return (
      Named.safeParse(message).data?.params.name ??
      Completion.safeParse(message).data?.params.ref.name
    );
  } catch {
    // Some scenarios send invalid JSON.
    return undefined;
  }
}
