// An agent of the OpenAI Agents SDK with its own MCP client, and a model that speaks the Responses API.
import { Agent, MCPServerStreamableHttp, run, setTracingDisabled } from "@openai/agents";

setTracingDisabled(true);
const { name, url, token } = JSON.parse(process.env.CONNECTION);
const requestInit = { headers: { Authorization: `Bearer ${token}` } };
const server = new MCPServerStreamableHttp({ name, url, requestInit });
await server.connect();
const agent = new Agent({ name: "suite", model: "stand-in", mcpServers: [server] });
await run(agent, process.argv[2], { maxTurns: 20 });
await server.close();
