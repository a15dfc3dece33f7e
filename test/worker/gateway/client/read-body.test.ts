import { expect, test } from "vitest";
import { makeWorkspace, readMessage, send } from "../../support/gateway-client.ts";

const workspace = makeWorkspace("request-text", { ok: "/ok" });

/** A call with a text of these bytes. */
const callWith = (...bytes: number[]) => {
  const [head, tail] = ['"params":{"name":"echo","arguments":{"text":"', '"}}}'];
  const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call",${head}${String.fromCharCode(...bytes)}${tail}`;
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
};
/** With a declared length, or in chunks. */
const sendBytes = async (body: Uint8Array, isDeclared: boolean) => {
  const { slug, token } = await workspace;
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${token}`,
    ...(isDeclared ? { "content-length": String(body.byteLength) } : {}),
  };
  return send(`/api/gw/${slug}`, { method: "POST", headers, body });
};

test.each([
  ["a byte that none begins with", [0xff]],
  ["a longer form than needed", [0xc0, 0xaf]],
  ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
  ["two bytes of a character of three", [0xe2, 0x82]],
  ["one byte of a character of two", [0xc3]],
  ["one byte of a character of four", [0xf0]],
  ["two bytes of a character of four", [0xf0, 0x9f]],
  ["three bytes of a character of four", [0xf0, 0x9f, 0x98]],
])("a body with %s is not UTF-8 and gets -32700", async (_, bytes) => {
  for (const isDeclared of [true, false]) {
    const response = await sendBytes(callWith(...bytes), isDeclared);
    expect([response.status, (await readMessage(response)).error?.code]).toEqual([400, -32700]);
  }
});

test("characters of every UTF-8 length, including the replacement character, reach the server", async () => {
  const text = "a\u00e4\u20ac\u{1f600}\ufffd";
  for (const isDeclared of [true, false]) {
    const body = callWith(...new TextEncoder().encode(text));
    const response = await sendBytes(body, isDeclared);
    expect(response.status).toBe(200);
    expect(JSON.stringify(await readMessage(response))).toContain(text);
  }
});

test("a byte order mark before the message is ignored", async () => {
  for (const isDeclared of [true, false]) {
    const body = Uint8Array.of(0xef, 0xbb, 0xbf, ...callWith());
    expect((await sendBytes(body, isDeclared)).status).toBe(200);
  }
});

/** Sends a body of chunks, each after a pause; the body does not end before the response. */
async function sendSlowly(chunks: string[], pauseMs: number) {
  const { slug, token } = await workspace;
  const left = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const responded = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await Promise.race([left.length > 0 ? scheduler.wait(pauseMs) : null, responded.promise]);
      const chunk = left.shift();
      if (chunk) return controller.enqueue(chunk);
      await responded.promise;
      return controller.close();
    },
  });
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await send(`/api/gw/${slug}`, { method: "POST", headers, body });
  responded.resolve();
  return { status: response.status, message: await readMessage(response) };
}

test.each([
  ["stops in the middle", ["{"], 0],
  ["takes too long as a whole", Array.from({ length: 100 }, () => " "), 300],
])("a body that %s gets 408", async (_, chunks, pauseMs) => {
  const { status, message } = await sendSlowly(chunks, pauseMs);
  expect([status, message.error?.code]).toEqual([408, -32600]);
});
