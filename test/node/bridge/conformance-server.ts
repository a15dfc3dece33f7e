// The conformance fixture as a stdio server, for the suite's run through the bridge.
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { addAskingTools } from "../../conformance/fixture/asking-tools.ts";
import { addContentTools, addNotifyingTools } from "../../conformance/fixture/content-tools.ts";
import { addTool, object, text } from "../../conformance/fixture/content.ts";
import {
  addInputRequiredTools,
  requestState,
} from "../../conformance/fixture/input-required-tools.ts";
import { addPrompts, addResources } from "../../conformance/fixture/resources-and-prompts.ts";

const server = new McpServer(
  { name: "conformance-fixture", version: "1.0.0" },
  {
    capabilities: {
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      prompts: { listChanged: true },
      logging: {},
      completions: {},
    },
    requestState: { verify: (state, context) => requestState.verify(state, context) },
  },
);
addContentTools(server);
addNotifyingTools(server);
addAskingTools(server);
addInputRequiredTools(server);
// The server requests of calls that are open together have no certain origin.
let asking = 0;
let letAllAsk: () => void = () => undefined;
const allAsk = new Promise<void>((resolve) => (letAllAsk = resolve));
addTool(server, "test_elicitation_of_two", object(), async (_, { mcpReq }) => {
  asking += 1;
  if (asking === 2) letAllAsk();
  await allAsk;
  const { action, content } = await mcpReq.elicitInput(
    { message: "who?", requestedSchema: { type: "object", properties: {} } },
    { relatedRequestId: mcpReq.id },
  );
  return text(JSON.stringify({ action, content }));
});
addTool(server, "test_trigger_tool_change", object(), () => {
  server.sendToolListChanged();
  return text("ok");
});
addTool(server, "test_trigger_prompt_change", object(), () => {
  server.sendPromptListChanged();
  return text("ok");
});
addResources(server);
addPrompts(server);
await server.connect(new StdioServerTransport());
