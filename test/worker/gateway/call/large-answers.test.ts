import { describe, expect, test } from "vitest";
import {
  callTool,
  findFailureReason,
  makeWorkspace,
  modernRpc,
  waitForRows,
} from "../../support/gateway-client.ts";

/** Calls a server whose response is larger than those that are parsed whole. */
async function callLarge(fault: string) {
  const client = await makeWorkspace(fault, { up: `/call/${fault}` });
  const { message } = await callTool(client, "echo");
  const [row] = await waitForRows(fault, 1);
  return { message, outcome: [row?.status, row?.errorCode] };
}

describe.each([
  ["large", 300 * 1024],
  ["huge", 2 * 1024 * 1024],
])("a %s response", (size, length) => {
  test("a result whose id comes last reaches the client whole", async () => {
    const { message, outcome } = await callLarge(`${size}-id-last`);
    expect(message.result.content[0].text).toHaveLength(length);
    expect(outcome).toEqual(["ok", null]);
  });

  test("a result under the id as a string reaches the client under its own id", async () => {
    const { message, outcome } = await callLarge(`${size}-string-id`);
    expect(message.id).toBeTypeOf("number");
    expect(message.result.content[0].text).toHaveLength(length);
    expect(outcome).toEqual(["ok", null]);
  });

  test("a tool's error reaches the client, and the audit row says so", async () => {
    const { message, outcome } = await callLarge(`${size}-tool-error`);
    expect(message.result.isError).toBe(true);
    expect(message.result.content[0].text).toHaveLength(length + 20);
    expect(outcome).toEqual(["error", "tool_error"]);
  });

  test("a JSON-RPC error reaches the client, and the audit row has its code", async () => {
    const { message, outcome } = await callLarge(`${size}-rpc-error`);
    expect(message.error).toMatchObject({ code: -32050, message: "no" });
    expect(message.error?.data).toHaveLength(length);
    expect(outcome).toEqual(["error", "rpc_-32050"]);
  });

  test.each(["wrong-id", "wrong-version", "html", "list"])(
    "an answer that is no response to the call from its beginning fails the call: %s",
    async (answer) => {
      const { message, outcome } = await callLarge(`${size}-${answer}`);
      expect(findFailureReason(message)).toBe("upstream_bad_response");
      expect(JSON.stringify(message).length).toBeLessThan(1_000);
      expect(outcome).toEqual(["error", "upstream_bad_response"]);
    },
  );

  test.each(["wrong-id-last", "no-id", "cut", "cut-text", "two"])(
    "an answer that is no response to the call at its end fails the call: %s",
    async (answer) => {
      const { message, outcome } = await callLarge(`${size}-${answer}`);
      expect(findFailureReason(message)).toBe("upstream_bad_response");
      expect(outcome).toEqual(["error", "upstream_bad_response"]);
    },
  );
});

test("a modern client of a legacy server gets an error for an answer that is cut", async () => {
  const client = await makeWorkspace("large-modern", { up: "/call/large-cut/modern" });
  const { message } = await modernRpc(client, "tools/call", { name: "echo" });
  expect(findFailureReason(message)).toBe("upstream_bad_response");
});
