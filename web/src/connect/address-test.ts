import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { DASHBOARD_CLIENT_NAME } from "../../../workers/contract/connection-name.ts";

/** Connects to the gateway as an MCP client does and lists the tools; returns their number. Rejects with the reason. */
export async function testAddress(url: string, token: string): Promise<number> {
  const info = { name: DASHBOARD_CLIENT_NAME, version: "1" };
  const client = new Client(info, { versionNegotiation: { mode: "auto" } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  try {
    const { tools } = await client.listTools();
    return tools.length;
  } finally {
    await client.close();
  }
}
