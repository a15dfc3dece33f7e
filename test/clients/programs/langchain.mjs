// An agent of LangChain: the tools of `@langchain/mcp-adapters`, and a model that speaks Chat Completions.
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";

const { name, url, token } = JSON.parse(process.env.CONNECTION);
const headers = { Authorization: `Bearer ${token}` };
const client = new MultiServerMCPClient({
  mcpServers: { [name]: { transport: "http", url, headers } },
});
const model = new ChatOpenAI({
  model: "stand-in",
  apiKey: "none",
  configuration: { baseURL: `${process.env.MODEL_URL}/v1` },
});
const agent = createAgent({ model, tools: await client.getTools() });
await agent.invoke(
  { messages: [{ role: "user", content: process.argv[2] }] },
  { recursionLimit: 50 },
);
await client.close();
