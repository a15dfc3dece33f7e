// The wire formats of the models' APIs: how a client sends tools and results, and how a model calls a tool.

/** A tool as the model sees it. */
export interface ShownTool {
  name: string;
  /** Codex groups the tools of a server under a name. */
  namespace?: string;
  /** Whether only its name is loaded until the model searches for it. */
  isDeferred: boolean;
  /** Codex's `exec` runs the model's JavaScript, which calls the other tools. */
  isCode?: true;
}

/** A client's request to the model, the same for all formats. */
export interface ModelRequest {
  tools: ShownTool[];
  /** Results of tool calls by call id, as text. */
  results: Map<string, string>;
  isStream: boolean;
  /** The whole body, with spaces for its escaped line breaks. */
  text: string;
}

/** What the model responds: a tool call, or text that ends the turn. */
export type Turn =
  | { kind: "call"; id: string; tool: ShownTool; args: Record<string, unknown> }
  | { kind: "text"; id: string; text: string };

/** One API: its paths, its requests and its responses. */
export interface Format {
  path: RegExp;
  parse(body: Body, path: string): Omit<ModelRequest, "text">;
  /** The response as JSON. */
  render(turn: Turn): object;
  /** The response as events, `[event name or null, data]`. */
  stream(turn: Turn): [string | null, object | string][];
}

/** A parsed JSON body, of which each format reads what it needs. */
// oxlint-disable-next-line typescript/no-explicit-any -- the bodies of four APIs; the formats below are their schema
export type Body = any;

interface Event {
  type: string;
  [member: string]: unknown;
}

const MODEL = "stand-in";
const USAGE = { input_tokens: 10, output_tokens: 10 };
const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const listOf = (value: unknown): Body[] => (Array.isArray(value) ? value : []);

const anthropicBlock = (turn: Turn) =>
  turn.kind === "call"
    ? { type: "tool_use", id: turn.id, name: turn.tool.name, input: turn.args }
    : { type: "text", text: turn.text };
const anthropicMessage = (turn: Turn, content: object[]) => ({
  id: `msg_${turn.id}`,
  type: "message",
  role: "assistant",
  model: MODEL,
  content,
  stop_reason: turn.kind === "call" ? "tool_use" : "end_turn",
  stop_sequence: null,
  usage: USAGE,
});

/** The Messages API of Anthropic. */
const anthropic: Format = {
  path: /\/v1\/messages$/,
  parse: (body) => ({
    tools: listOf(body.tools).map((tool) => ({
      name: String(tool.name),
      isDeferred: tool.defer_loading === true,
    })),
    results: new Map(
      listOf(body.messages)
        .flatMap(({ content }) => listOf(content))
        .filter(({ type }) => type === "tool_result")
        .map((block) => [String(block.tool_use_id), asText(block.content)]),
    ),
    isStream: body.stream === true,
  }),
  render: (turn) => anthropicMessage(turn, [anthropicBlock(turn)]),
  stream(turn) {
    const isCall = turn.kind === "call";
    const start = isCall ? { ...anthropicBlock(turn), input: {} } : { type: "text", text: "" };
    const delta = isCall
      ? { type: "input_json_delta", partial_json: JSON.stringify(turn.args) }
      : { type: "text_delta", text: turn.text };
    const events: Event[] = [
      {
        type: "message_start",
        message: { ...anthropicMessage(turn, []), stop_reason: null },
      },
      { type: "content_block_start", index: 0, content_block: start },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: isCall ? "tool_use" : "end_turn" },
        usage: USAGE,
      },
      { type: "message_stop" },
    ];
    return events.map((event) => [event.type, event]);
  },
};

const responseItem = (turn: Turn) => {
  if (turn.kind === "text")
    return {
      type: "message",
      id: `msg_${turn.id}`,
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: turn.text, annotations: [] }],
    };
  const { id, tool, args } = turn;
  const common = { id: `item_${id}`, call_id: id, status: "completed" };
  const name = { name: tool.name, ...(tool.namespace ? { namespace: tool.namespace } : {}) };
  if (tool.isCode)
    return { type: "custom_tool_call", ...common, ...name, input: String(args["code"]) };
  // The search is a tool of the API, whose arguments are an object.
  if (tool.name === "tool_search")
    return { type: "tool_search_call", ...common, execution: "client", arguments: args };
  return { type: "function_call", ...common, ...name, arguments: JSON.stringify(args) };
};
const responseOf = ({ id }: Turn, output: object[], status: string) => ({
  id: `resp_${id}`,
  object: "response",
  created_at: 0,
  model: MODEL,
  status,
  output,
  parallel_tool_calls: false,
  tool_choice: "auto",
  tools: [],
  usage: {
    ...USAGE,
    total_tokens: 20,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  },
});
const responsesTool = (tool: Body): ShownTool[] => {
  if (tool.type === "namespace")
    return listOf(tool.tools)
      .flatMap(responsesTool)
      .map((inner) => ({ ...inner, namespace: String(tool.name) }));
  const name = String(tool.name ?? tool.type);
  const isCode = tool.type === "custom" && name === "exec";
  return [{ name, isDeferred: tool.defer_loading === true, ...(isCode ? { isCode } : {}) }];
};

/** The Responses API of OpenAI. */
const responses: Format = {
  path: /\/responses$/,
  parse: (body) => ({
    // Some tools are in the input: those that a search found, and Codex's for its newer models.
    tools: [
      ...listOf(body.tools),
      ...listOf(body.input).flatMap(({ tools }) => listOf(tools)),
    ].flatMap(responsesTool),
    results: new Map(
      listOf(body.input)
        .filter(({ type }) => String(type).endsWith("_output"))
        .map((item) => [String(item.call_id), asText(item.output ?? item.tools)]),
    ),
    isStream: body.stream === true,
  }),
  render: (turn) => responseOf(turn, [responseItem(turn)], "completed"),
  stream(turn) {
    const item = responseItem(turn);
    const events: Event[] = [
      { type: "response.created", response: responseOf(turn, [], "in_progress") },
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response: responseOf(turn, [item], "completed") },
    ];
    return events.map((event, index) => [event.type, { ...event, sequence_number: index }]);
  },
};

const toolCall = (turn: Turn & { kind: "call" }) => ({
  index: 0,
  id: turn.id,
  type: "function",
  function: { name: turn.tool.name, arguments: JSON.stringify(turn.args) },
});
const chatMessage = (turn: Turn) =>
  turn.kind === "call"
    ? { role: "assistant", content: null, tool_calls: [toolCall(turn)] }
    : { role: "assistant", content: turn.text };
const chatOf = ({ id }: Turn, object: string, choice: object) => ({
  id: `chatcmpl_${id}`,
  object,
  created: 0,
  model: MODEL,
  choices: [{ index: 0, ...choice }],
});
const CHAT_USAGE = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
const finishReason = (turn: Turn) => (turn.kind === "call" ? "tool_calls" : "stop");

/** The Chat Completions API of OpenAI. */
const chat: Format = {
  path: /\/chat\/completions$/,
  parse: (body) => ({
    tools: listOf(body.tools).map((tool) => ({
      name: String(tool.function?.name),
      isDeferred: tool.defer_loading === true,
    })),
    results: new Map(
      listOf(body.messages)
        .filter(({ role }) => role === "tool")
        .map((message) => [String(message.tool_call_id), asText(message.content)]),
    ),
    isStream: body.stream === true,
  }),
  render: (turn) => ({
    ...chatOf(turn, "chat.completion", {
      message: chatMessage(turn),
      finish_reason: finishReason(turn),
    }),
    usage: CHAT_USAGE,
  }),
  stream: (turn) => [
    [
      null,
      chatOf(turn, "chat.completion.chunk", { delta: chatMessage(turn), finish_reason: null }),
    ],
    [
      null,
      {
        ...chatOf(turn, "chat.completion.chunk", { delta: {}, finish_reason: finishReason(turn) }),
        usage: CHAT_USAGE,
      },
    ],
    [null, "[DONE]"],
  ],
};

const geminiResponse = (turn: Turn) => ({
  candidates: [
    {
      index: 0,
      finishReason: "STOP",
      content: {
        role: "model",
        parts: [
          turn.kind === "call"
            ? { functionCall: { id: turn.id, name: turn.tool.name, args: turn.args } }
            : { text: turn.text },
        ],
      },
    },
  ],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 10, totalTokenCount: 20 },
  modelVersion: MODEL,
});

/** The generateContent API of Gemini. */
const gemini: Format = {
  path: /:(?:streamG|g)enerateContent$/,
  parse: (body, path) => ({
    tools: listOf(body.tools)
      .flatMap(({ functionDeclarations }) => listOf(functionDeclarations))
      .map(({ name }) => ({ name: String(name), isDeferred: false })),
    results: new Map(
      listOf(body.contents)
        .flatMap(({ parts }) => listOf(parts))
        .filter(({ functionResponse }) => functionResponse !== undefined)
        .map(({ functionResponse: { id, response } }) => [String(id), asText(response)]),
    ),
    isStream: path.includes("stream"),
  }),
  render: geminiResponse,
  stream: (turn) => [[null, geminiResponse(turn)]],
};

/** All formats. */
export const FORMATS: readonly Format[] = [anthropic, responses, chat, gemini];
