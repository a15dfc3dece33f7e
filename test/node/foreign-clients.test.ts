import {
  Client as ClientV2,
  SSEClientTransport as SseV2,
  StreamableHTTPClientTransport as HttpV2,
} from "@modelcontextprotocol/client";
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
} from "@modelcontextprotocol/sdk/client/auth.js";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findWrongAnswers } from "../fixtures/addresses.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

const INFO = { name: "foreign", version: "1.2.3" };
const BAD_TOKEN = `mng_${"0".repeat(48)}`;

let gateway: LocalGateway;
let gatewayUrl: URL;
let token: string;

beforeAll(async () => {
  gateway = await startLocalGateway();
  const workspace = await createOpenWorkspace(gateway.api, "foreign", []);
  gatewayUrl = new URL(workspace.gatewayUrl);
  ({ token } = workspace);
});

afterAll(() => gateway.stop());

const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

/** What a client of an OAuth server needs; this one has nothing stored, like mcp-remote at its first start. */
const OAUTH_CLIENT = {
  redirectUrl: "http://127.0.0.1:1/callback",
  clientMetadata: { redirect_uris: ["http://127.0.0.1:1/callback"], client_name: "foreign" },
  clientInformation: () => undefined,
  saveClientInformation: () => undefined,
  tokens: () => undefined,
  saveTokens: () => undefined,
  redirectToAuthorization: () => undefined,
  saveCodeVerifier: () => undefined,
  codeVerifier: () => "verifier",
};

test("a page's address returns the dashboard, and an address of nothing returns 404 as JSON", async () => {
  expect(await findWrongAnswers(gatewayUrl.origin)).toEqual([]);
});

describe("a client with a bad token", () => {
  test.each(["GET", "POST", "DELETE", "PUT", "OPTIONS"])(
    "gets 401 for %s, which names no OAuth metadata, whatever else is wrong",
    async (method) => {
      for (const init of [
        {},
        bearer("no-token"),
        bearer(BAD_TOKEN),
        { headers: { accept: "application/json", "mcp-protocol-version": "2026-07-28" } },
      ]) {
        const response = await fetch(gatewayUrl, { ...init, method });
        expect([response.status, response.headers.get("www-authenticate")]).toEqual([
          401,
          "Bearer",
        ]);
        expect(await response.json()).toMatchObject({ error: { code: -32000 } });
      }
    },
  );

  test("a client of either SDK says that it is not authorized", async () => {
    const options = { requestInit: bearer(BAD_TOKEN) };
    await expect(new ClientV1(INFO).connect(new HttpV1(gatewayUrl, options))).rejects.toThrow(
      /Unauthorized: send a valid gateway token/,
    );
    await expect(new ClientV2(INFO).connect(new HttpV2(gatewayUrl, options))).rejects.toThrow(
      /Unauthorized: send a valid gateway token/,
    );
    const automatic = new ClientV2(INFO, { versionNegotiation: { mode: "auto" } });
    await expect(automatic.connect(new HttpV2(gatewayUrl, options))).rejects.toThrow(
      /requires authorization \(HTTP 401\)/,
    );
  });

  test("a client that looks for an OAuth server finds none, and says which token is needed", async () => {
    const options = { requestInit: bearer(BAD_TOKEN), authProvider: OAUTH_CLIENT };
    for (const connect of [
      () => new ClientV1(INFO).connect(new HttpV1(gatewayUrl, options)),
      () => new ClientV2(INFO).connect(new HttpV2(gatewayUrl, options)),
    ]) {
      const error = await connect().then(String, String);
      expect(error).toContain("send a gateway token as 'Authorization: Bearer mng_...'");
      expect(error).not.toMatch(/invalid input|unexpected token|invalid oauth/i);
    }
    await expect(discoverOAuthProtectedResourceMetadata(gatewayUrl)).rejects.toThrow(
      "does not implement OAuth 2.0 Protected Resource Metadata",
    );
    for (const issuer of [gatewayUrl, gatewayUrl.origin])
      expect(await discoverAuthorizationServerMetadata(issuer)).toBeUndefined();
  });
});

describe("a client of the HTTP+SSE transport", () => {
  test("a client of either SDK gets 405 at once, on which it tries Streamable HTTP", async () => {
    const options = { requestInit: bearer(token) };
    for (const connect of [
      () => new ClientV1(INFO).connect(new SseV1(gatewayUrl, options)),
      () => new ClientV2(INFO).connect(new SseV2(gatewayUrl, options)),
    ])
      await expect(connect()).rejects.toMatchObject({ code: 405 });
  });

  test("the response names the transport to use", async () => {
    const headers = { ...bearer(token).headers, accept: "text/event-stream" };
    const response = await fetch(gatewayUrl, { headers });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await response.json()).toMatchObject({
      jsonrpc: "2.0",
      error: { message: expect.stringContaining("Streamable HTTP") },
    });
  });
});

describe("the gateway's address", () => {
  test.each(["/", "?x=1", "/?x=1&y"])(
    "a client of either SDK connects with %s at its end",
    async (end) => {
      const url = new URL(gatewayUrl.href + end);
      const options = { requestInit: bearer(token) };
      for (const [client, transport] of [
        [new ClientV1(INFO), new HttpV1(url, options)],
        [new ClientV2(INFO), new HttpV2(url, options)],
      ] as const) {
        await client.connect(transport);
        expect((await client.listTools()).tools).toEqual([]);
        await client.close();
      }
      const health = await fetch(`${gatewayUrl.href}/health${end}`, bearer(token));
      expect(health.status).toBe(200);
    },
  );

  test("a slash at the end of a management address changes nothing", async () => {
    const { apiUrl, operatorKey } = gateway.api;
    for (const path of ["/workspaces/", "/workspaces/foreign/", "/workspaces/foreign/tool-calls/"])
      expect((await fetch(apiUrl + path, bearer(operatorKey))).status).toBe(200);
    expect((await fetch(`${apiUrl}/workspaces/`)).status).toBe(401);
  });
});
