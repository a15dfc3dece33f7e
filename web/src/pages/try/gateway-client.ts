import {
  Client,
  isJSONRPCResultResponse,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type ElicitRequestParams,
  type ElicitResult,
} from "@modelcontextprotocol/client";
import { DASHBOARD_CLIENT_NAME } from "../../../../workers/contract/connection-name.ts";
import { HOUR_MS } from "../../../../workers/contract/units.ts";
import { readInvalidResult, type CheckedResult } from "./result-faults.ts";
import { recordExchanges, type Exchange } from "./wire-recorder.ts";

const INFO = { name: DASHBOARD_CLIENT_NAME, version: "1" };

let nextQuestionId = 1;

/** How far a call is, as its server says. */
export interface CallProgress {
  done: number;
  total: number | undefined;
  message: string | undefined;
}

/** A question of a server (`elicitation/create`), with its answer. */
export interface Question {
  id: number;
  params: ElicitRequestParams;
  answer: (result: ElicitResult) => void;
}

/** One call of a tool. */
export interface ToolCall {
  gatewayUrl: string;
  token: string;
  tool: { exposedName: string; inputSchema: object | null };
  input: Record<string, unknown>;
  /** Cancels the call. */
  signal: AbortSignal;
  onProgress: (progress: CallProgress) => void;
  /** Null: the question is over. */
  onQuestion: (question: Question | null) => void;
  onExchange: (exchange: Exchange) => void;
}

/** Calls a tool through the gateway as an MCP client. Rejects with the client library's error. */
export async function callTool(call: ToolCall): Promise<CheckedResult> {
  const { tool, input, signal, onProgress } = call;
  const client = makeClient(call);
  const transport = new StreamableHTTPClientTransport(new URL(call.gatewayUrl), {
    requestInit: { headers: { authorization: `Bearer ${call.token}` } },
    fetch: recordExchanges(call.onExchange),
  });
  await client.connect(transport, { signal });
  const readLast = keepLastResult(transport);
  try {
    const result = await client.callTool(
      { name: tool.exposedName, arguments: input },
      {
        signal,
        // The gateway has the time limits; a person can cancel.
        timeout: HOUR_MS,
        resetTimeoutOnProgress: true,
        onprogress: ({ progress, total, message }) =>
          onProgress({ done: progress, total, message }),
      },
    );
    return { result, fault: null };
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== SdkErrorCode.InvalidResult) throw error;
    return readInvalidResult(readLast(), error.message);
  } finally {
    await client.close();
  }
}

/** Keeps the last result that arrives, also one that the client library refuses. */
function keepLastResult(transport: StreamableHTTPClientTransport): () => unknown {
  let last: unknown;
  const { onmessage } = transport;
  // A transport is no event target.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  transport.onmessage = (message) => {
    if (isJSONRPCResultResponse(message)) last = message.result;
    onmessage?.(message);
  };
  return () => last;
}

function makeClient({ tool, onQuestion, signal }: ToolCall): Client {
  // In a browser, the library does not repeat arguments as headers, which the newest revision demands of such tools.
  const repeatsArguments = JSON.stringify(tool.inputSchema ?? {}).includes('"x-mcp-header"');
  const client = new Client(INFO, {
    capabilities: { elicitation: { form: {}, url: {} } },
    versionNegotiation: { mode: repeatsArguments ? "legacy" : "auto" },
  });
  client.setRequestHandler("elicitation/create", async ({ params }, context) => {
    const answered = Promise.withResolvers<ElicitResult>();
    const cancel = () => answered.resolve({ action: "cancel" });
    for (const ending of [signal, context.mcpReq.signal]) ending.addEventListener("abort", cancel);
    onQuestion({ id: nextQuestionId++, params, answer: answered.resolve });
    try {
      return await answered.promise;
    } finally {
      onQuestion(null);
    }
  });
  return client;
}
