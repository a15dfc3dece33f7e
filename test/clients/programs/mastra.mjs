// An agent of Mastra: the tools of `@mastra/mcp`, and a model that speaks Chat Completions.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Agent } from "@mastra/core/agent";
import { MCPClient } from "@mastra/mcp";

const { name, url, token } = JSON.parse(process.env.CONNECTION);
const requestInit = { headers: { Authorization: `Bearer ${token}` } };
const client = new MCPClient({ servers: { [name]: { url: new URL(url), requestInit } } });
const provider = createOpenAICompatible({
  name: "standin",
  baseURL: `${process.env.MODEL_URL}/v1`,
});
const agent = new Agent({
  id: "suite",
  name: "suite",
  instructions: "Follow the user's request.",
  model: provider("stand-in"),
  tools: await client.listTools(),
});
await agent.generate(process.argv[2], { maxSteps: 20 });
await client.disconnect();
