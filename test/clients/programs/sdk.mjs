// A client of the SDK, version 1 or 2 (MODE `v1`, `auto` or `legacy`), that follows its standard input: one JSON
// command a line, `{ "list": true }` or `{ "call": name }`; one JSON line is the response.
import { createInterface } from "node:readline";

const { url, token } = JSON.parse(process.env.CONNECTION);
const mode = process.env.MODE;
const info = { name: "mcpnest-clients", version: "1.0.0" };
const requestInit = { headers: { Authorization: `Bearer ${token}` } };
const options = {
  capabilities: { elicitation: { form: {}, url: {} } },
  listChanged: { tools: { onChanged: () => {} } },
};
const client = mode === "v1" ? await connectV1() : await connectV2();
const respond = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { list, call } = JSON.parse(line);
  try {
    if (list) respond({ value: (await client.listTools()).tools });
    if (call)
      respond({ value: JSON.stringify(await client.callTool({ name: call, arguments: {} })) });
  } catch (error) {
    respond({ failure: String(error) });
  }
}
await client.close();

async function connectV1() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } =
    await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { ElicitRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
  const v1 = new Client(info, options);
  v1.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
  await v1.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return v1;
}

async function connectV2() {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const v2 = new Client(info, { ...options, versionNegotiation: { mode } });
  v2.setRequestHandler("elicitation/create", () => ({ action: "decline" }));
  await v2.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return v2;
}
