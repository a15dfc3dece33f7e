import { describe, expect, test } from "vitest";
import {
  callTool,
  findFailureReason,
  makeWorkspace,
  modernRpc,
  waitForRows,
} from "../../support/gateway-client.ts";

const LARGE = 300 * 1024;

/** Calls a server whose response is larger than those that are read whole. */
async function callLarge(fault: string) {
  const client = await makeWorkspace(fault, { up: `/call/${fault}` });
  const called = await callTool(client, "echo").then(
    ({ message }) => ({ message, isBrokenOff: false }),
    () => ({ message: null, isBrokenOff: true }),
  );
  const [row] = await waitForRows(fault, 1);
  return { ...called, outcome: [row?.status, row?.errorCode] };
}

describe("a large response", () => {
  test("a result whose id comes last reaches the client whole", async () => {
    const { message, outcome } = await callLarge("large-id-last");
    expect(message?.result.content[0].text).toHaveLength(LARGE);
    expect(outcome).toEqual(["ok", null]);
  });

  test("a result under the id as a string reaches the client under its own id", async () => {
    const { message, outcome } = await callLarge("large-string-id");
    expect(message?.id).toBeTypeOf("number");
    expect(message?.result.content[0].text).toHaveLength(LARGE);
    expect(outcome).toEqual(["ok", null]);
  });

  test("a tool's error reaches the client, and the audit row says so", async () => {
    const { message, outcome } = await callLarge("large-tool-error");
    expect(message?.result.isError).toBe(true);
    expect(message?.result.content[0].text).toHaveLength(LARGE + 20);
    expect(outcome).toEqual(["error", "tool_error"]);
  });

  test("a JSON-RPC error reaches the client, and the audit row has its code", async () => {
    const { message, outcome } = await callLarge("large-rpc-error");
    expect(message?.error).toMatchObject({ code: -32050, message: "no" });
    expect(message?.error?.data).toHaveLength(LARGE);
    expect(outcome).toEqual(["error", "rpc_-32050"]);
  });

  test.each(["large-wrong-id", "large-wrong-version", "large-html", "large-list"])(
    "an answer that is no response to the call from its beginning fails the call: %s",
    async (fault) => {
      const { message, outcome } = await callLarge(fault);
      expect(message && findFailureReason(message)).toBe("upstream_bad_response");
      expect(JSON.stringify(message).length).toBeLessThan(1_000);
      expect(outcome).toEqual(["error", "upstream_bad_response"]);
    },
  );

  test.each(["large-wrong-id-last", "large-no-id", "large-cut", "large-cut-text", "large-two"])(
    "an answer that is no response to the call at its end breaks off: %s",
    async (fault) => {
      const { isBrokenOff, outcome } = await callLarge(fault);
      expect(isBrokenOff).toBe(true);
      expect(outcome).toEqual(["error", "upstream_bad_response"]);
    },
  );

  test("a modern client of a legacy server gets an error for an answer that is cut", async () => {
    const client = await makeWorkspace("large-modern", { up: "/call/large-cut/modern" });
    const { message } = await modernRpc(client, "tools/call", { name: "echo" });
    expect(findFailureReason(message)).toBe("upstream_bad_response");
  });
});
