import { expect, test } from "vitest";
import { RESPONSE_LIMITS, scanJson, type ScannedObject } from "../../../workers/mcp/json-scan.ts";
import { parseMessage } from "../../../workers/mcp/request.ts";
import {
  formatInputRequired,
  formatInputResponses,
  formatLegacyServerRequest,
  parseInputRequired,
  parseInputResponses,
  parseUrlElicitations,
} from "../../../workers/mcp/translate/elicitation.ts";
import { findProgressToken } from "../../../workers/mcp/translate/progress.ts";
import { toLegacyParams, toModernParams } from "../../../workers/mcp/translate/request.ts";
import {
  toClientErrorCode,
  toLegacyResult,
  toModernResult,
} from "../../../workers/mcp/translate/response.ts";

/** Beyond the safe integers: a parsed copy would end in 992. */
const BIG = "9007199254740993";

function scanObject(text: string): ScannedObject {
  const scan = scanJson(text, RESPONSE_LIMITS);
  if (!scan.ok || !scan.root) throw new Error("not an object");
  return scan.root;
}

function parseModernCall(params: string) {
  const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":${BIG},"app/key":${BIG}}`;
  const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${params}${meta}}}`;
  const headers = new Headers({
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "echo",
  });
  const message = parseMessage(text, headers);
  if (message.kind !== "request") throw new Error(JSON.stringify(message));
  return message;
}

test("server requests become an input_required result and back, with their exact text", () => {
  const params = `{"message":"How many?","requestedSchema":{"maximum":${BIG}}}`;
  const requests = new Map([
    ["a", { method: "elicitation/create", params }],
    ["b", { method: "roots/list", params: null }],
  ]);
  const text = formatInputRequired("7", requests, '"state"', '{"name":"x"}');
  expect(text).toBe(
    `{"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":${params}},"b":{"method":"roots/list"}},"requestState":"state","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x"}}}}`,
  );
  const result = scanObject(text).members.get("result")?.object;
  expect(result && parseInputRequired(text, result)).toEqual({ requests, requestState: '"state"' });
});

test("an input_required result with a request that has no method, or with too many requests, is malformed", () => {
  const parse = (requests: unknown) => {
    const text = JSON.stringify({ inputRequests: requests });
    return parseInputRequired(text, scanObject(text));
  };
  expect(parse({ a: {} })).toBeNull();
  expect(parse({ a: "elicitation/create" })).toBeNull();
  const many = Array.from({ length: 33 }, (_, i) => [`r${i}`, { method: "roots/list" }]);
  expect(parse(Object.fromEntries(many))).toBeNull();
  expect(parse(Object.fromEntries(many.slice(1)))?.requests.size).toBe(32);
});

test("a URL elicitation has an elicitationId in the legacy era only", () => {
  const url = { method: "elicitation/create", params: '{"mode":"url","url":"https://x.test/"}' };
  const legacy = formatLegacyServerRequest('"i"', url, "e1");
  expect(legacy).toBe(
    '{"jsonrpc":"2.0","id":"i","method":"elicitation/create","params":{"mode":"url","url":"https://x.test/","elicitationId":"e1"}}',
  );
  const form = { method: "elicitation/create", params: '{"message":"?"}' };
  expect(formatLegacyServerRequest("1", form, "e1")).not.toContain("elicitationId");
  const withId = { ...url, params: '{"mode":"url","elicitationId":"e2","url":"https://x.test/"}' };
  expect(formatLegacyServerRequest("1", withId, "e1")).toContain('"elicitationId":"e2"');
  expect(formatInputRequired("1", [["a", withId]], null)).toContain(`"params":${url.params}`);
});

test("the error -32042 becomes URL elicitations, whatever else its data has", () => {
  const elicitations = [{ mode: "url", elicitationId: "e", url: "https://x.test/", message: "?" }];
  expect([...(parseUrlElicitations({ elicitations }) ?? [])]).toEqual([
    [
      "page-1",
      {
        method: "elicitation/create",
        params: '{"mode":"url","url":"https://x.test/","message":"?"}',
      },
    ],
  ]);
  expect(parseUrlElicitations({})).toBeNull();
  expect(parseUrlElicitations(undefined)).toBeNull();
});

test("responses keep their exact text in both directions", () => {
  const call = parseModernCall(`"inputResponses":{"a":{"n":${BIG}},"b":null},`);
  expect([...parseInputResponses(call)]).toEqual([["a", `{"n":${BIG}}`]]);
  const requests = new Map([
    ["a", { method: "sampling/createMessage", params: null }],
    ["b", { method: "elicitation/create", params: null }],
  ]);
  const a = `{"jsonrpc":"2.0","id":"x","result":{"n":${BIG}}}`;
  const error = '{"jsonrpc":"2.0","id":"y","error":{"code":-1,"message":"no"}}';
  expect(formatInputResponses(requests, { a, b: error })).toBe(
    `{"a":{"n":${BIG}},"b":{"action":"cancel"}}`,
  );
  expect(formatInputResponses(requests, { a: error, b: a })).toBeNull();
});

test("params for a legacy server lose the members of the modern era, and keep the rest exactly", () => {
  const call = parseModernCall('"inputResponses":{},"requestState":"s",');
  expect(findProgressToken(call)).toBe(BIG);
  expect(toLegacyParams(call, "5")).toEqual({
    inputResponses: null,
    requestState: null,
    _meta: `{"progressToken":5,"app/key":${BIG}}`,
  });
  expect(toModernParams(call)).toEqual({});
});

test("results gain and lose the members of the modern era, and keep the rest exactly", () => {
  const legacy = `{"contents":[${BIG}]}`;
  expect(toModernResult(legacy, scanObject(legacy), "resources/read")).toBe(
    `{"contents":[${BIG}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}`,
  );
  expect(toModernResult(legacy, scanObject(legacy), "tools/call")).toBe(
    `{"contents":[${BIG}],"resultType":"complete","content":[]}`,
  );
  const modern = `{"resultType":"complete","ttlMs":5,"structuredContent":[${BIG}],"_meta":{"io.modelcontextprotocol/serverInfo":{}}}`;
  const values = JSON.parse(modern) as Record<string, unknown>;
  expect(toLegacyResult(modern, scanObject(modern), values, false)).toBe(
    `{"structuredContent":{"result":[${BIG}]},"content":[{"type":"text","text":"[${BIG}]"}]}`,
  );
});

test("error codes that one era reserves are translated for the other", () => {
  expect(toClientErrorCode(-32002, "legacy", "modern")).toBe(-32602);
  expect(toClientErrorCode(-32020, "modern", "legacy")).toBe(-32603);
  expect(toClientErrorCode(-32099, "modern", "legacy")).toBe(-32603);
  expect(toClientErrorCode(-32019, "modern", "legacy")).toBe(-32019);
  expect(toClientErrorCode(-32020, "modern", "modern")).toBe(-32020);
});
