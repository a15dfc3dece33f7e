import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Outcome } from "./tool-result.tsx";

const INFO = { name: "mcpnest dashboard", version: "1" };

/** Calls a tool through the gateway, as any MCP client would. */
export async function callTool(
  gatewayUrl: string,
  token: string,
  name: string,
  input: Record<string, unknown>,
  onProgress: (progress: number, total: number | undefined) => void,
): Promise<Outcome> {
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
    return { result, tookMs: performance.now() - startedAt };
  } finally {
    await client.close();
  }
}
