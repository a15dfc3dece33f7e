import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { ToolCallResult } from "./tool-result.tsx";

const INFO = { name: "mcpnest dashboard", version: "1" };

/** Calls a tool through the gateway as an MCP client. Rejects with the client library's error. */
export async function callTool(
  gatewayUrl: string,
  token: string,
  name: string,
  input: Record<string, unknown>,
  onProgress: (progress: number, total: number | undefined) => void,
): Promise<ToolCallResult> {
  const client = new Client(INFO, { versionNegotiation: { mode: "auto" } });
  const transport = new StreamableHTTPClientTransport(new URL(gatewayUrl), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  try {
    const startedAt = performance.now();
    const result = await client.callTool(
      { name, arguments: input },
      {
        resetTimeoutOnProgress: true,
        onprogress: ({ progress, total }) => onProgress(progress, total),
      },
    );
    return { result, latencyMs: performance.now() - startedAt };
  } finally {
    await client.close();
  }
}
