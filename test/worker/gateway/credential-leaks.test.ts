import { describe, expect, inject, test } from "vitest";
import {
  bindings,
  callTool,
  change,
  makeWorkspace,
  post,
  rpc,
  waitForRows,
  type Client,
} from "../support/gateway-client.ts";
import { manage, readServerId } from "../support/management-client.ts";
import { findRevealed } from "../support/revealed.ts";
import {
  FORM_ELICITATION,
  callAsModern,
  initializeClient,
  openCall,
} from "../support/server-requests.ts";

const FORMS = [
  "exact",
  "json",
  "nested",
  "unicode",
  "html",
  "slashes",
  "base64",
  "base64-1",
  "base64-2",
  "base64url",
  "percent",
  "percent-lower",
  "form",
  "hex",
  "hex-upper",
];
const TOKEN = "sk-live/9f8e7d+6c5b4a<1>==";
const KEY = `p"q\\r 'st' & uvw/xyz`;
const URL_KEY = "url-key-4711";
const CREDENTIALS = { authorization: `Bearer ${TOKEN}`, "x-api-key": KEY };
/** The parts of the secrets that remain when a reader decodes only some of their bytes. */
const SECRETS = [TOKEN.slice(2, -2), KEY.slice(2, -2), URL_KEY.slice(2, -2)];

/** Creates a workspace whose server repeats its credentials in this form. */
async function makeEchoing(slug: string, path: string, credentials: object = CREDENTIALS) {
  const client = await makeWorkspace(slug, {});
  const url = `${inject("echoingUrl")}/${path}?key=${URL_KEY}`;
  const input = { slug: "up", url, credentials: { ...credentials } };
  await change(slug, { type: "server.create", input });
  return client;
}

async function readText(client: Client, method: string, params: object): Promise<string> {
  const response = await post(client, { jsonrpc: "2.0", id: 1, method, params });
  return response.text();
}

/** Everything that a client can get of the server, as text. */
async function collectAnswers(client: Client): Promise<string[]> {
  const requests: [string, object][] = [
    [
      "initialize",
      { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
    ],
    ["tools/list", {}],
    ["prompts/list", {}],
    ["resources/list", {}],
    ["resources/templates/list", {}],
    ["prompts/get", { name: "prompt" }],
    ["resources/read", { uri: "echo://it" }],
    [
      "completion/complete",
      { ref: { type: "ref/prompt", name: "prompt" }, argument: { name: "a", value: "" } },
    ],
    ...["content", "structured", "error", "events"].map((name): [string, object] => [
      "tools/call",
      { name, arguments: {}, _meta: { progressToken: "p" } },
    ]),
  ];
  const texts = [];
  for (const [method, params] of requests) texts.push(await readText(client, method, params));
  return texts;
}

describe("a server that repeats its credentials", () => {
  test.each(FORMS)("reveals none to a client or an admin in the form %s", async (form) => {
    const slug = `echo-${form}`;
    const client = await makeEchoing(slug, form);
    const answers = await collectAnswers(client);
    for (const answer of answers) expect(answer).toContain("[redacted]");
    const catalogue = await manage("GET", `/workspaces/${slug}/servers/up/tools`);
    const whole = await manage("GET", `/workspaces/${slug}/servers/up/tool-catalogue`);
    expect(whole.text).toContain("[redacted]");
    const tested = await manage("POST", `/workspaces/${slug}/server-tests`, {
      url: `${inject("echoingUrl")}/${form}?key=${URL_KEY}`,
      credentials: CREDENTIALS,
    });
    expect(tested.body.tools[0].description).toContain("[redacted]");
    const texts = [...answers, catalogue.text, whole.text, tested.text];
    expect(findRevealed(texts.join("\n"), SECRETS)).toEqual([]);
  });

  test("reveals them in every form without the gateway", async () => {
    const revealed = [];
    for (const form of FORMS) {
      const response = await fetch(`${inject("echoingUrl")}/${form}?key=${URL_KEY}`, {
        method: "POST",
        headers: CREDENTIALS,
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"content"}}',
      });
      revealed.push([form, findRevealed(await response.text(), SECRETS)]);
    }
    expect(revealed).toEqual(FORMS.map((form) => [form, SECRETS]));
  });

  test.each(FORMS)("reveals none in the error of its check in the form %s", async (form) => {
    const slug = `refuse-${form}`;
    await makeEchoing(slug, `refuse/${form}`);
    await manage("POST", `/workspaces/${slug}/servers/up/check`);
    const health = await manage("GET", `/workspaces/${slug}/health`);
    expect(health.text).toContain("500 from the server");
    expect(findRevealed(health.text, SECRETS)).toEqual([]);
  });

  test("reveals none over HTTP+SSE, whose endpoint can hold them", async () => {
    const client = await makeEchoing("echo-sse", "sse/exact");
    const answers = await collectAnswers(client);
    for (const answer of answers) expect(answer).toContain("[redacted]");
    expect(findRevealed(answers.join("\n"), SECRETS)).toEqual([]);
  });

  test.each(["session/exact", "sse/exact"])(
    "reveals none in a request to the client: %s",
    async (path) => {
      const client = await makeEchoing(`ask-${path.replace("/", "-")}`, path);
      const asked = await openCall(await initializeClient(client), "ask");
      expect(await asked.waitUntil(({ messages }) => messages.length > 0)).toBe(true);
      await asked.close();
      const stream = await callAsModern(client, { name: "ask", arguments: {} });
      expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      const [text, suspended] = [asked, stream].map(({ messages }) => JSON.stringify(messages));
      expect(text).toContain(FORM_ELICITATION.method);
      expect(suspended).toContain("input_required");
      expect(text).toContain("[redacted]");
      expect(suspended).toContain("[redacted]");
      expect(findRevealed(`${text}\n${suspended}`, SECRETS)).toEqual([]);
    },
  );

  test("reveals neither the password nor the pair of Basic, in whatever form", async () => {
    const pair = "ada@example.com:correct horse";
    const authorization = `Basic ${btoa(pair)}`;
    const client = await makeEchoing("echo-basic", "exact", { authorization, "x-api-key": pair });
    const { message } = await callTool(client, "content");
    expect(message.result.content[0].text).toBe("It was [redacted] [redacted] [redacted].");
  });

  test.each([
    ["id:secretpw9", "last-part", "[redacted]"],
    ["ApiKey key=abcdefgh", "last-part", "[redacted]"],
    ['{"user":"ada","password":"abcdefgh"}', "last-part", "[redacted]"],
    ["abcdefgh12,ijklmnop34", "last-part", "[redacted]"],
    ["n9f3aB7cD1", "line", "\n[redacted]"],
  ])("reveals no part of the header %s alone: %s", async (value, form, shown) => {
    const slug = `echo-part-${value.replaceAll(/\W+/g, "").toLowerCase()}`;
    const client = await makeWorkspace(slug, {});
    const url = `${inject("echoingUrl")}/${form}`;
    const input = { slug: "up", url, credentials: { "x-api-key": value } };
    await change(slug, { type: "server.create", input });
    const { message } = await callTool(client, "content");
    expect(message.result.content[0].text).toBe(`It was ${shown}.`);
  });

  test("stores none in the catalogue", async () => {
    const client = await makeEchoing("echo-stored", "exact");
    await rpc(client, "tools/list");
    const serverId = await readServerId("echo-stored", "up");
    const stored = await bindings.WORKSPACES.getByName("echo-stored").findToolCatalogue(serverId);
    expect(JSON.stringify(stored)).toContain("[redacted]");
    expect(findRevealed(JSON.stringify(stored), SECRETS)).toEqual([]);
  });

  test("a header that is no credential stays in the answers", async () => {
    const client = await makeWorkspace("echo-plain", {});
    const url = `${inject("echoingUrl")}/exact`;
    const headers = { "x-api-version": "2026-06-28", "x-region": "eu-central-1" };
    await change("echo-plain", { type: "server.create", input: { slug: "up", url, headers } });
    const { message } = await callTool(client, "content");
    expect(message.result.content[0].text).not.toContain("[redacted]");
  });
});

describe("a large answer", () => {
  const KIB = 1024;
  /** Around the borders of packets, and of what the gateway reads at a time. */
  const positions = [64, 128, 512, 1024].flatMap((border) =>
    [-160, -130, -90, -50].map((before) => border * KIB + before),
  );

  test.each(["exact", "unicode", "base64-1"])(
    "a credential across two chunks is found in the form %s",
    async (form) => {
      const client = await makeEchoing(`chunks-${form}`, form);
      for (const bytes of [300 * KIB, 2048 * KIB]) {
        for (const at of positions.filter((position) => position < bytes)) {
          const { message } = await callTool(client, "large", { bytes, at });
          const { text } = message.result.content[0];
          expect(findRevealed(text.replaceAll("é", ""), SECRETS)).toEqual([]);
          const [before, after] = text.replaceAll(/[^é]+/g, " ").split(" ");
          expect([before.length, after.length]).toEqual([at / 2, (bytes - at) / 2]);
        }
      }
      const rows = await waitForRows(`chunks-${form}`, 1);
      expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["ok"]));
    },
  );
});
