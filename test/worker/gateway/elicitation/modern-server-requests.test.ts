import { describe, expect, test } from "vitest";
import {
  arrived,
  asking,
  call,
  FORM,
  introduce,
  makeAsked,
  ROOTS,
  said,
  SAMPLE,
  tell,
  valueOf,
} from "../../support/asking.ts";
import { change, rowsOf } from "../../support/gateway-client.ts";

const NAMED = { action: "accept", content: { name: "Ada" } };
const SAMPLED = { role: "assistant", model: "m", content: { type: "text", text: "Hello" } };
const ROOTED = { roots: [{ uri: "file:///home" }] };

describe("a modern server with input requests to a legacy client", () => {
  test("a modern server gets all responses of a round together, with its state, in every round", async () => {
    const slug = "rounds";
    const client = await introduce(await makeAsked("modern", slug));
    const rounds = [{ name: FORM, sample: SAMPLE, roots: ROOTS }, { again: FORM }];
    const stream = await call(client, "ask", { rounds }, { id: "c" });
    await said(stream, 3);
    const ids = stream.messages.map(({ id }) => id);
    expect(stream.messages).toMatchObject([FORM, SAMPLE, ROOTS]);
    for (const [index, result] of [
      [2, ROOTED],
      [0, NAMED],
      [1, SAMPLED],
    ] as const)
      await tell(client, { id: ids[index], result });
    const again = await said(stream, 4);
    await tell(client, { id: again.id, result: { action: "decline" } });
    const answer = await said(stream, 5);
    expect(answer).toMatchObject({ id: "c", result: { content: [{}] } });
    expect(answer.result.resultType).toBeUndefined();
    expect(valueOf(answer)).toEqual({ again: { action: "decline" } });
    const calls = await arrived(slug, "tools/call");
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
    expect((await rowsOf(slug, 1)).map(({ status }) => status)).toEqual(["ok"]);
  });

  test.each([
    ["nothing", {}],
    ["something else", { elicitation: {} }],
  ])(
    "a client that declared %s gets no input request, and the call fails",
    async (name, declared) => {
      const slug = `modern-${name.replace(" ", "-")}`;
      const client = await introduce(await makeAsked("modern", slug), declared);
      const response = await tell(client, {
        id: 1,
        method: "tools/call",
        params: { name: "ask", arguments: { rounds: [{ one: SAMPLE }] } },
      });
      const text = await response.text();
      expect(text).not.toContain("sampling/createMessage");
      expect(text).toContain('"reason":"input_required"');
      const calls = await arrived(slug, "tools/call");
      expect(
        calls.map(({ params }) => params._meta["io.modelcontextprotocol/clientCapabilities"]),
      ).toEqual([declared]);
      expect(await rowsOf(slug, 1)).toMatchObject([
        { status: "error", errorCode: "input_required" },
      ]);
    },
  );

  test("an open input request extends the call, and the upstream budgets apply again afterwards", async () => {
    const client = await introduce(await makeAsked("modern", "then-hangs"));
    const stream = await call(client, "ask", { rounds: [{ one: FORM }], thenHangs: true });
    const { id } = await said(stream, 1);
    await scheduler.wait(3_000);
    await tell(client, { id, result: NAMED });
    expect((await said(stream, 2, 4_000))?.error).toMatchObject({
      data: { reason: "upstream_timeout" },
    });
  });

  test("a response from another client or token does not reach the modern server", async () => {
    const slug = "modern-foreign";
    const client = await introduce(await makeAsked("modern", slug));
    const { token } = await change(slug, { type: "token.create", input: { label: "other" } });
    const elsewhere = await introduce(await makeAsked("modern", `${slug}-2`, slug));
    const stream = await call(client, "ask", { rounds: [{ one: FORM }] });
    const { id } = await said(stream, 1);
    const result = { action: "accept", content: { name: "Mallory" } };
    const altered = id.slice(0, 20) + (id[20] === "A" ? "B" : "A") + id.slice(21);
    expect((await tell({ slug, token }, { id, result })).status).toBe(202);
    expect((await tell(elsewhere, { id, result })).status).toBe(202);
    expect((await tell(client, { id: altered, result })).status).toBe(202);
    await scheduler.wait(100);
    expect(await arrived(slug, "tools/call")).toHaveLength(1);
    await tell(client, { id, result: NAMED });
    expect(valueOf(await said(stream, 2))).toEqual({ one: NAMED });
  });
});

test("a response that is repeated after its call ended does not reach the server", async () => {
  const client = await introduce(await makeAsked("modern", "again"));
  const stream = await call(client, "ask", { questions: [FORM], rounds: [{ one: FORM }] });
  const { id } = await said(stream, 1);
  await tell(client, { id, result: NAMED });
  await said(stream, 2);
  const before = (await asking("again")).messages.length;
  expect((await tell(client, { id, result: NAMED })).status).toBe(202);
  await scheduler.wait(100);
  expect((await asking("again")).messages).toHaveLength(before);
});
