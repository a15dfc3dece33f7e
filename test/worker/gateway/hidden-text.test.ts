import { describe, expect, test } from "vitest";
import { hasHidden } from "../../../workers/contract/text/hidden-characters.ts";
import { rpc, type Message } from "../support/gateway-client.ts";
import { makeListedWorkspace } from "../support/listed-servers.ts";
import { manage } from "../support/management-client.ts";

/** A zero-width space, an escape sequence, a direction override and a Tag character. */
const HIDDEN = "\u200b\u001b[31m\u202e\u{e0041}";
const CODE_POINTS = "U+200B, U+001B, U+202E, U+E0041";

const catalogueOf = async (workspace: string, server: string) =>
  (await manage("GET", `/workspaces/${workspace}/servers/${server}/tool-catalogue`)).body;

/** Every text of a JSON value, names of members included. */
function listTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...listTexts(member)]);
}

const text = (what: string) => `${what}${HIDDEN}`;
const TOOL = {
  name: text("pay"),
  title: text("Pay"),
  description: text("Pays"),
  annotations: { title: text("Pay") },
  icons: [{ src: text("data:,x") }],
  _meta: { [text("key")]: 1, note: text("note") },
  inputSchema: {
    type: "object",
    description: text("Arguments"),
    properties: {
      amount: { type: "number", title: text("Amount"), examples: [1, text("1")] },
      currency: { enum: ["EUR", text("USD")], default: text("EUR") },
      pattern: { type: "string", pattern: "^[a\u200b]+$" },
      kind: { const: text("kind") },
      [text("secret")]: { type: "string" },
    },
    patternProperties: { "^x\u200b": { description: text("x") } },
    required: ["amount", text("secret")],
    $defs: { [text("def")]: {}, def: { description: text("def") } },
  },
  outputSchema: { type: "object", properties: { ok: { description: text("ok") } } },
};

describe("hidden characters in a server's lists", () => {
  test("no text of a tool has hidden characters for clients, and a call reaches the tool by its own name", async () => {
    const { client, add, call } = await makeListedWorkspace("hidden-tools");
    await add("one", { tools: [TOOL] });
    const { message } = await rpc(client, "tools/list");
    const [tool] = message.result.tools;
    expect(listTexts(tool).filter(hasHidden)).toEqual([]);
    expect(tool).toMatchObject({
      name: expect.stringMatching(/^pay_+31m_+[\da-f]{8}$/),
      title: "Pay[31m",
      description: "Pays[31m",
      annotations: { title: "Pay[31m" },
      _meta: {
        note: "note[31m",
        "mcpnest/removed": expect.arrayContaining([
          `description has hidden characters (${CODE_POINTS}): they are removed`,
        ]),
      },
    });
    expect(tool.inputSchema).toEqual({
      type: "object",
      description: "Arguments[31m",
      properties: {
        amount: { type: "number", title: "Amount[31m", examples: [1] },
        currency: { enum: ["EUR"] },
        pattern: { type: "string", pattern: String.raw`^[a\u200b]+$` },
        kind: {},
      },
      patternProperties: { [String.raw`^x\u200b`]: { description: "x[31m" } },
      required: ["amount"],
      $defs: { def: { description: "def[31m" } },
    });
    expect(await call(tool.name)).toBe(`one ${text("pay")}`);
    const { warnings } = await catalogueOf("hidden-tools", "one");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      String.raw`"pay\u{200b}\u{1b}[31m\u{202e}\u{e0041}" is repaired: ` +
        `name has hidden characters (${CODE_POINTS}): clients get another name; ` +
        `title has hidden characters (${CODE_POINTS}): they are removed; `,
    );
  });

  test("no text of prompts, resources, templates and instructions has hidden characters for clients", async () => {
    const { client, add } = await makeListedWorkspace("hidden-lists");
    await add("one", {
      prompts: [
        {
          name: text("greet"),
          arguments: [{ name: "who", description: text("who") }, { name: text("x") }],
        },
      ],
      resources: [
        { uri: "x://1", name: text("one"), title: text("One") },
        { uri: text("x://2"), name: "two" },
      ],
      resourceTemplates: [{ uriTemplate: "x://{id}", name: text("any"), description: text("any") }],
      introduction: {
        instructions: text("Use it."),
        serverInfo: { name: text("listed"), version: text("1") },
      },
    });
    const seen: Message[] = [];
    for (const method of ["prompts/list", "resources/list", "resources/templates/list"])
      seen.push((await rpc(client, method)).message);
    const initialized = await rpc(client, "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "tester", version: "1" },
    });
    expect(initialized.message.result.instructions).toBe(
      `Use it.[31m\n\nThe gateway has removed hidden characters from this text: instructions has hidden characters (${CODE_POINTS}): they are removed.`,
    );
    expect(listTexts([...seen, initialized.message]).filter(hasHidden)).toEqual([]);
    expect(seen[0]?.result.prompts[0].arguments).toEqual([{ name: "who", description: "who[31m" }]);
    expect(seen[1]?.result.resources).toEqual([
      { uri: "x://1", name: "one[31m", title: "One[31m", _meta: expect.any(Object) },
    ]);
    const { warnings, serverInfo } = await catalogueOf("hidden-lists", "one");
    expect(serverInfo).toEqual({ name: "listed[31m", version: "1[31m" });
    expect(warnings.join("\n")).toContain("initialize: the introduction is repaired: instructions");
    expect(warnings.join("\n")).toContain(
      String.raw`"x://2\u{200b}\u{1b}[31m\u{202e}\u{e0041}" has hidden characters (${CODE_POINTS}) in its URI; it is left out`,
    );
  });

  test("line separators become line breaks, and private use characters are removed and named to the admin", async () => {
    const { client, add } = await makeListedWorkspace("line-separators");
    const description = "one\u2028two\u2029three\u2800\ue000\u{10fffd}\ufdd0";
    await add("one", { tools: [{ name: "a", description, inputSchema: { type: "object" } }] });
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools[0].description).toBe("one\ntwo\nthree");
    expect((await catalogueOf("line-separators", "one")).warnings).toEqual([
      expect.stringContaining("(U+2028, U+2029, U+2800, U+E000, U+10FFFD and 1 more)"),
    ]);
  });

  test("text that needs joiners and variation selectors is not changed", async () => {
    const { client, add } = await makeListedWorkspace("needed-joiners");
    const description = "می‌خواهم 👩🏽‍💻 ❤️ क्‍ष";
    await add("one", { tools: [{ name: "a", description, inputSchema: { type: "object" } }] });
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools[0].description).toBe(description);
    expect((await catalogueOf("needed-joiners", "one")).warnings).toEqual([]);
  });
});
