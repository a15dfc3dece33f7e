import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Client as ClientV2, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AjvJsonSchemaValidator as AjvV2 } from "@modelcontextprotocol/client/validators/ajv";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { AjvJsonSchemaValidator as AjvV1 } from "@modelcontextprotocol/sdk/validation/ajv";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import { listen } from "../fixtures/listen.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { oddLists, type OddLists } from "../fixtures/odd-definitions.ts";

const EMPTY: OddLists = { tools: [], prompts: [], resources: [], resourceTemplates: [] };
/** The lists that the servers send. */
let lists = EMPTY;
let gateway: LocalGateway;
const servers: { close(): Promise<void> }[] = [];

/** A server that sends `lists` to every client, in the legacy or the modern era. */
async function startServer(era: "legacy" | "modern"): Promise<string> {
  const capabilities = { tools: {}, prompts: {}, resources: {} };
  const results: Record<string, () => object> = {
    "tools/list": () => ({ tools: lists.tools }),
    "prompts/list": () => ({ prompts: lists.prompts }),
    "resources/list": () => ({ resources: lists.resources }),
    "resources/templates/list": () => ({ resourceTemplates: lists.resourceTemplates }),
    ...(era === "legacy"
      ? {
          initialize: () => ({
            protocolVersion: "2025-11-25",
            capabilities,
            serverInfo: { name: "odd", version: "1" },
          }),
        }
      : {
          "server/discover": () => ({
            resultType: "complete",
            supportedVersions: ["2026-07-28"],
            capabilities,
          }),
        }),
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const message = (body === "" ? {} : JSON.parse(body)) as { id?: unknown; method?: string };
    if (message.id === undefined)
      return response.writeHead(request.method === "GET" ? 405 : 202).end();
    const result = results[message.method ?? ""]?.();
    const error = { code: -32601, message: "Method not found" };
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(
        JSON.stringify({ jsonrpc: "2.0", id: message.id, ...(result ? { result } : { error }) }),
      );
  };
  const server = createServer((request, response) => void respond(request, response));
  const listening = await listen(server);
  servers.push(listening);
  return `${listening.url}/mcp`;
}

beforeAll(async () => {
  gateway = await startLocalGateway();
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all(servers.map((server) => server.close()));
});

const INFO = { name: "strict", version: "1.0.0" };
type Tool = { name: string; inputSchema: object; outputSchema?: object | undefined };

/** Compiles the schemas of all tools as clients do, all with one validator, and validates values with each. */
function compileAll(tools: Tool[]): void {
  for (const validator of [new AjvV1(), new AjvV2(), new CfWorkerJsonSchemaValidator()]) {
    for (const { inputSchema, outputSchema } of tools)
      for (const schema of [inputSchema, outputSchema])
        if (schema) validate(validator.getValidator(schema));
  }
}

/** Whether a value is valid does not matter, and Ajv fails on some valid schemas; but validation must end. */
function validate(validator: (value: unknown) => unknown): void {
  for (const value of [{}, { a: { a: [{}] } }])
    try {
      validator(value);
    } catch (error) {
      if (error instanceof RangeError) throw error;
    }
}

describe.each(["legacy", "modern"] as const)("odd definitions of a %s server", (era) => {
  test("clients of both SDKs list every list, and compile every schema", async () => {
    const slug = `odd-${era}`;
    const url = await startServer(era);
    const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, slug, [
      { slug: "odd", url },
    ]);
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const v1 = new ClientV1(INFO);
    await v1.connect(new TransportV1(new URL(gatewayUrl), { requestInit }));
    const v2 = new ClientV2(INFO, { versionNegotiation: { mode: "auto" } });
    await v2.connect(new StreamableHTTPClientTransport(new URL(gatewayUrl), { requestInit }));
    await fc.assert(
      fc.asyncProperty(oddLists, async (generated) => {
        lists = generated;
        await manage(gateway.api, "POST", `/workspaces/${slug}/servers/odd/check`);
        for (const client of [v1, v2]) {
          const { tools } = await client.listTools({});
          expect(tools.map(({ name }) => name)).toContain("healthy");
          compileAll(tools);
          const { prompts } = await client.listPrompts({});
          expect(prompts.map(({ name }) => name)).toContain("healthy");
          const { resources } = await client.listResources({});
          expect(resources.map(({ uri }) => uri)).toContain("x://healthy");
          const { resourceTemplates } = await client.listResourceTemplates({});
          expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
            "y://{healthy}",
          );
        }
      }),
      { numRuns: Number(process.env["ODD_RUNS"] ?? 40) },
    );
    await v1.close();
    await v2.close();
  });
});
