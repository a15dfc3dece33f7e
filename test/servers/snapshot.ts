import {
  Client as ClientV2,
  SSEClientTransport as SseTransportV2,
  StreamableHTTPClientTransport as HttpTransportV2,
} from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioTransportV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseTransportV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport as StdioTransportV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpTransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { LocalCall } from "./servers.ts";
import type { Target } from "./start-server.ts";

/** The official SDK whose client is used: v1 initializes, v2 negotiates the newest revision. */
export type Sdk = "v1" | "v2";
/** The lists of a server, by the member of a list result. */
export const LISTS = ["tools", "prompts", "resources", "resourceTemplates"] as const;
export type List = (typeof LISTS)[number];
export type Definition = Record<string, unknown>;

/** Everything that a client sees of a server. */
export interface Snapshot {
  protocolVersion: string;
  capabilities: Record<string, unknown>;
  instructions: string | null;
  /** The definitions as they were on the wire. */
  lists: Record<List, Definition[]>;
  /** Why the client refused a list. */
  refused: Partial<Record<List, string>>;
  /** Time for all lists. */
  listMs: number;
  /** Results of the calls, or their errors. */
  results: unknown[];
}

/** Changes the server's name of a tool or prompt into the one to call. */
export type RenameForCall = (list: "tools" | "prompts", name: string) => string;

const INFO = { name: "mcpnest-servers", version: "1.0.0" };
/** The capabilities with which the gateway lists. Some servers choose their tools by the client's capabilities. */
const GATEWAY_CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: {} };
/** The capabilities that the bridge declares to a stdio server. */
const BRIDGE_CAPABILITIES = { ...GATEWAY_CAPABILITIES, roots: {} };
const METHOD_NOT_FOUND = -32601;
/** A silent stdio server is a legacy server after this time. */
const PROBE_TIMEOUT_MS = 5_000;

/** Whether the value is a JSON object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Connects a client, reads every list and makes the calls. */
export async function takeSnapshot(
  sdk: Sdk,
  target: Target,
  calls: LocalCall[],
  rename: RenameForCall = (_list, name) => name,
): Promise<Snapshot> {
  const recorded = emptyLists();
  const record = (message: unknown) => {
    const result = resultOf(message);
    for (const list of LISTS)
      if (Array.isArray(result[list])) recorded[list].push(...result[list].filter(isObject));
  };
  const connect = sdk === "v1" ? connectV1 : connectV2;
  const { client, protocolVersion } = await connect(target, record);
  try {
    const startedAt = performance.now();
    const refused = await readLists(client, recorded);
    const listMs = Math.round(performance.now() - startedAt);
    const lists = structuredClone(recorded);
    const results: unknown[] = [];
    for (const call of calls) results.push(await makeCall(client, call, rename));
    const capabilities = { ...client.getServerCapabilities() };
    const instructions = client.getInstructions() ?? null;
    return {
      protocolVersion,
      capabilities,
      instructions,
      lists,
      refused,
      listMs,
      results,
    };
  } finally {
    await client.close();
  }
}

/** A connected client with the revision that it uses. */
interface Connection {
  client: ClientV1 | ClientV2;
  protocolVersion: string;
}

/** `record` receives every message before the client does. */
async function connectV1(target: Target, record: (message: unknown) => void): Promise<Connection> {
  const transport =
    target.transport === "stdio"
      ? new StdioTransportV1({ ...target, stderr: "ignore" })
      : target.transport === "http-sse"
        ? new SseTransportV1(new URL(target.url), { requestInit: target })
        : new HttpTransportV1(new URL(target.url), { requestInit: target });
  let protocolVersion = "";
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no EventTarget
  transport.onmessage = (message: unknown) => {
    // This SDK does not tell the revision. The first message is the response to `initialize`.
    protocolVersion ||= String(resultOf(message)["protocolVersion"]);
    record(message);
  };
  const client = new ClientV1(INFO, { capabilities: capabilitiesFor(target) });
  await client.connect(transport);
  return { client, protocolVersion };
}

async function connectV2(target: Target, record: (message: unknown) => void): Promise<Connection> {
  const transport =
    target.transport === "stdio"
      ? new StdioTransportV2({ ...target, stderr: "ignore" })
      : target.transport === "http-sse"
        ? new SseTransportV2(new URL(target.url), { requestInit: target })
        : new HttpTransportV2(new URL(target.url), { requestInit: target });
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no EventTarget
  transport.onmessage = record;
  const client = new ClientV2(INFO, {
    capabilities: capabilitiesFor(target),
    versionNegotiation: { mode: "auto", probe: { timeoutMs: PROBE_TIMEOUT_MS } },
  });
  await client.connect(transport);
  return { client, protocolVersion: client.getNegotiatedProtocolVersion() ?? "" };
}

const capabilitiesFor = ({ transport }: Target) =>
  transport === "stdio" ? BRIDGE_CAPABILITIES : GATEWAY_CAPABILITIES;

function resultOf(message: unknown): Record<string, unknown> {
  return isObject(message) && isObject(message["result"]) ? message["result"] : {};
}

function emptyLists(): Record<List, Definition[]> {
  return { tools: [], prompts: [], resources: [], resourceTemplates: [] };
}

type Client = ClientV1 | ClientV2;

/** Reads every page of every list that the server has. Returns why the client refused a list; throws the server's errors. */
async function readLists(
  client: Client,
  recorded: Record<List, Definition[]>,
): Promise<Snapshot["refused"]> {
  const readers: Record<
    List,
    (params?: { cursor: string }) => Promise<{ nextCursor?: string | undefined }>
  > = {
    tools: (params) => client.listTools(params),
    prompts: (params) => client.listPrompts(params),
    resources: (params) => client.listResources(params),
    resourceTemplates: (params) => client.listResourceTemplates(params),
  };
  const capabilities = client.getServerCapabilities() ?? {};
  const refused: Snapshot["refused"] = {};
  for (const list of LISTS) {
    if (!((list === "resourceTemplates" ? "resources" : list) in capabilities)) continue;
    recorded[list].length = 0;
    try {
      let cursor: string | undefined;
      do {
        const page = await readers[list](cursor === undefined ? undefined : { cursor });
        cursor = page.nextCursor;
      } while (cursor !== undefined);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : null;
      // A server can declare a capability and not have one of its lists.
      if (code === METHOD_NOT_FOUND) continue;
      if (typeof code === "number")
        throw new Error(`${list}: ${describeError(error)}`, { cause: error });
      refused[list] = describeError(error);
    }
  }
  return refused;
}

/** Makes a call. An error of the server is a result that can be compared, too. */
async function makeCall(client: Client, call: LocalCall, rename: RenameForCall): Promise<unknown> {
  try {
    if ("resource" in call) return await client.readResource({ uri: call.resource });
    if ("prompt" in call)
      return await client.getPrompt({
        name: rename("prompts", call.prompt),
        arguments: call.arguments ?? {},
      });
    return await client.callTool({
      name: rename("tools", call.tool),
      arguments: call.arguments ?? {},
    });
  } catch (error) {
    return { error: describeError(error) };
  }
}

const describeError = (error: unknown) => (error instanceof Error ? error.message : String(error));
