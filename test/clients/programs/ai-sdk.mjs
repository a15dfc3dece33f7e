// An agent of the AI SDK: the tools of `@ai-sdk/mcp`, and a model that speaks Chat Completions.
import { createMCPClient } from "@ai-sdk/mcp";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount } from "ai";

const { url, token } = JSON.parse(process.env.CONNECTION);
const headers = { Authorization: `Bearer ${token}` };
const client = await createMCPClient({ transport: { type: "http", url, headers } });
const provider = createOpenAICompatible({
  name: "standin",
  baseURL: `${process.env.MODEL_URL}/v1`,
});
await generateText({
  model: provider("stand-in"),
  tools: await client.tools(),
  prompt: process.argv[2],
  stopWhen: isStepCount(20),
});
await client.close();
