import { describe, expect, test } from "vitest";
import {
  callTool,
  change,
  makeWorkspace,
  modernRpc,
  waitForRows,
  type Client,
  type Message,
} from "../../support/gateway-client.ts";
import {
  callAsModern,
  initializeClient,
  makeRequestingWorkspace,
  openCall,
} from "../../support/server-requests.ts";

const LIMIT = 8 * 1024 * 1024;
const FRAMINGS = ["json", "chunked", "line", "lines"];
const SENTENCE = 'The response of the server "up" is larger than 8 MiB. Request less.';

/** Large messages take longer than the tests' budgets on a busy machine. */
const allowTime = (slug: string) =>
  change(slug, {
    type: "server.update",
    slug: "up",
    patch: { longestCallSeconds: 60, longestSilenceSeconds: 60 },
  });

/** The bytes of a result's texts. */
const textBytes = ({ result }: Message): number =>
  new TextEncoder().encode(result.content.map((item: { text: string }) => item.text).join(""))
    .length;

const ERAS: [string, (client: Client) => Promise<{ message: Message }>][] = [
  ["legacy", (client) => callTool(client, "echo")],
  ["modern", (client) => modernRpc(client, "tools/call", { name: "echo" })],
];

describe.each(ERAS)("a %s client's call", (era, call) => {
  test.each(FRAMINGS)(
    "a result of up to 8 MiB arrives whole in the framing %s",
    async (framing) => {
      for (const bytes of [900_000, LIMIT]) {
        const slug = `fits-${era}-${framing}-${bytes}`;
        const client = await makeWorkspace(slug, { up: `/call/sized/${framing}/${bytes}` });
        await allowTime(slug);
        const { message } = await call(client);
        expect(message.error).toBeUndefined();
        // What remains is the JSON around the texts.
        expect(textBytes(message)).toBeGreaterThan(bytes * 0.89);
        expect(message.result.content).toHaveLength(Math.floor(bytes / 2_000) + 1);
        expect(await waitForRows(slug, 1)).toMatchObject([{ status: "ok" }]);
      }
    },
  );

  test.each(FRAMINGS)(
    "a result of more than 8 MiB gets the same error in the framing %s",
    async (framing) => {
      const slug = `exceeds-${era}-${framing}`;
      const client = await makeWorkspace(slug, { up: `/call/sized/${framing}/${LIMIT + 1}` });
      await allowTime(slug);
      const { message } = await call(client);
      expect(message.result).toMatchObject({
        content: [{ text: SENTENCE }],
        isError: true,
        _meta: { "mcpnest/failure": { reason: "upstream_too_large", server: "up" } },
      });
      expect(await waitForRows(slug, 1)).toMatchObject([
        { status: "error", errorCode: "upstream_too_large" },
      ]);
    },
  );
});

describe.each(["legacy", "sse"])("a call of a %s server with sessions", (kind) => {
  test.each([
    ["whose client sends its own requests", "direct"],
    ["that can be suspended", "suspended"],
  ])("a call %s has the same limit", async (_, way) => {
    const slug = `sized-${kind}-${way}`;
    const made = await makeRequestingWorkspace(kind, slug);
    await allowTime(slug);
    const client = way === "direct" ? await initializeClient(made) : made;
    const send = (bytes: number) =>
      way === "direct"
        ? openCall(client, "sized", { bytes })
        : callAsModern(client, { name: "sized", arguments: { bytes } });
    for (const bytes of [900_000, LIMIT]) {
      const stream = await send(bytes);
      expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      const { result } = stream.messages.at(-1);
      expect(result.content[0].text.length).toBeGreaterThan(bytes - 200);
    }
    const stream = await send(LIMIT + 1);
    expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(stream.messages.at(-1).result).toMatchObject({
      content: [{ text: SENTENCE }],
      isError: true,
    });
    expect((await waitForRows(slug, 3)).map(({ errorCode }) => errorCode)).toEqual([
      null,
      null,
      "upstream_too_large",
    ]);
  });
});
