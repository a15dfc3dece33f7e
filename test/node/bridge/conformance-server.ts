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
// The server requests of calls that are open together have no certain origin. Both calls end together: if one of them ended
// before the request of the other is refused, that request would have a certain origin.
const [allAsk, allRefused] = [barrierOfTwo(), barrierOfTwo()];
addTool(server, "test_elicitation_of_two", object(), async (_, { mcpReq }) => {
  await allAsk();
  const { action, content } = await mcpReq
    .elicitInput(
      { message: "who?", requestedSchema: { type: "object", properties: {} } },
      { relatedRequestId: mcpReq.id },
    )
    .catch(async (error: unknown) => {
      await allRefused();
      throw error;
    });
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

/** Returns a function whose promises resolve when it was called twice. */
function barrierOfTwo(): () => Promise<void> {
  let calls = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    calls += 1;
    if (calls === 2) open();
    return opened;
  };
}
