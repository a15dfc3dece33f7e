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
  ["a character without its end", [0xe2, 0x82]],
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
