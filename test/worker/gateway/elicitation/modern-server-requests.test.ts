import { describe, expect, test } from "vitest";
import { change, waitForRows } from "../../support/gateway-client.ts";
import {
  listReceived,
  readUpstream,
  openCall,
  FORM_ELICITATION,
  initializeClient,
  makeRequestingWorkspace,
  LIST_ROOTS,
  waitForMessage,
  SAMPLING,
  sendMessage,
  parseToolResult,
} from "../../support/server-requests.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };
const SAMPLED = { role: "assistant", model: "m", content: { type: "text", text: "Hello" } };
const ROOTED = { roots: [{ uri: "file:///home" }] };

describe("a modern server with input requests to a legacy client", () => {
  test("a modern server gets all responses of a round together, with its state, in every round", async () => {
    const slug = "rounds";
    const client = await initializeClient(await makeRequestingWorkspace("modern", slug));
    const rounds = [
      { name: FORM_ELICITATION, sample: SAMPLING, roots: LIST_ROOTS },
      { again: FORM_ELICITATION },
    ];
    const stream = await openCall(client, "ask", { rounds }, { id: "c" });
    await waitForMessage(stream, 3);
    const ids = stream.messages.map(({ id }) => id);
    expect(stream.messages).toMatchObject([FORM_ELICITATION, SAMPLING, LIST_ROOTS]);
    for (const [index, result] of [
      [2, ROOTED],
      [0, NAMED],
      [1, SAMPLED],
    ] as const)
      await sendMessage(client, { id: ids[index], result });
    const again = await waitForMessage(stream, 4);
    await sendMessage(client, { id: again.id, result: { action: "decline" } });
    const response = await waitForMessage(stream, 5);
    expect(response).toMatchObject({ id: "c", result: { content: [{}] } });
    expect(response.result.resultType).toBeUndefined();
    expect(parseToolResult(response)).toEqual({ again: { action: "decline" } });
    const calls = await listReceived(slug, "tools/call");
    expect(calls.map(({ params }) => [params.requestState, params.inputResponses])).toEqual([
      [undefined, undefined],
      ["state-1", { name: NAMED, sample: SAMPLED, roots: ROOTED }],
      ["state-2", { again: { action: "decline" } }],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(calls[0].params._meta["io.modelcontextprotocol/clientCapabilities"]).toEqual({
      elicitation: { form: {} },
      roots: {},
      sampling: {},
    });
    expect((await waitForRows(slug, 1)).map(({ status }) => status)).toEqual(["ok"]);
  });

  test.each([
    ["nothing", {}],
    ["something else", { elicitation: {} }],
  ])(
    "a client that declared %s gets no input request, and the call fails",
    async (name, declared) => {
      const slug = `modern-${name.replace(" ", "-")}`;
      const client = await initializeClient(
        await makeRequestingWorkspace("modern", slug),
        declared,
      );
      const response = await sendMessage(client, {
        id: 1,
        method: "tools/call",
        params: { name: "ask", arguments: { rounds: [{ one: SAMPLING }] } },
      });
      const text = await response.text();
      expect(text).not.toContain("sampling/createMessage");
      expect(text).toContain('"reason":"input_required"');
      const calls = await listReceived(slug, "tools/call");
      expect(
        calls.map(({ params }) => params._meta["io.modelcontextprotocol/clientCapabilities"]),
      ).toEqual([declared]);
      expect(await waitForRows(slug, 1)).toMatchObject([
        { status: "error", errorCode: "input_required" },
      ]);
    },
  );

  test("an open input request extends the call, and the upstream budgets apply again afterwards", async () => {
    const client = await initializeClient(await makeRequestingWorkspace("modern", "then-hangs"));
    const stream = await openCall(client, "ask", {
      rounds: [{ one: FORM_ELICITATION }],
      thenHangs: true,
    });
    const { id } = await waitForMessage(stream, 1);
    await scheduler.wait(3_000);
    await sendMessage(client, { id, result: NAMED });
    expect((await waitForMessage(stream, 2))?.result).toMatchObject({
      _meta: { "mcpnest/failure": { reason: "upstream_timeout" } },
    });
  });

  test("a response from another client or token does not reach the modern server", async () => {
    const slug = "modern-foreign";
    const client = await initializeClient(await makeRequestingWorkspace("modern", slug));
    const { token } = await change(slug, { type: "token.create", input: { label: "other" } });
    const elsewhere = await initializeClient(
      await makeRequestingWorkspace("modern", `${slug}-2`, slug),
    );
    const stream = await openCall(client, "ask", { rounds: [{ one: FORM_ELICITATION }] });
    const { id } = await waitForMessage(stream, 1);
    const result = { action: "accept", content: { name: "Mallory" } };
    const altered = id.slice(0, 20) + (id[20] === "A" ? "B" : "A") + id.slice(21);
    expect((await sendMessage({ slug, token }, { id, result })).status).toBe(202);
    expect((await sendMessage(elsewhere, { id, result })).status).toBe(202);
    expect((await sendMessage(client, { id: altered, result })).status).toBe(202);
    await scheduler.wait(100);
    expect(await listReceived(slug, "tools/call")).toHaveLength(1);
    await sendMessage(client, { id, result: NAMED });
    expect(parseToolResult(await waitForMessage(stream, 2))).toEqual({ one: NAMED });
  });
});

test("a response that is repeated after its call ended does not reach the server", async () => {
  const client = await initializeClient(await makeRequestingWorkspace("modern", "again"));
  const stream = await openCall(client, "ask", {
    questions: [FORM_ELICITATION],
    rounds: [{ one: FORM_ELICITATION }],
  });
  const { id } = await waitForMessage(stream, 1);
  await sendMessage(client, { id, result: NAMED });
  await waitForMessage(stream, 2);
  const before = (await readUpstream("again")).messages.length;
  expect((await sendMessage(client, { id, result: NAMED })).status).toBe(202);
  await scheduler.wait(100);
  expect((await readUpstream("again")).messages).toHaveLength(before);
});
