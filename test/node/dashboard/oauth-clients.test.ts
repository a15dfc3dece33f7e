import { createServer } from "node:http";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { listen } from "../../fixtures/listen.mjs";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 90_000;
const INFO = { name: "sdk", version: "1.2.3" };

describe.skipIf(!hasChromium)("clients that sign in by OAuth", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let upstream: { url: string; close: () => void };
  let callback: { url: string; close: () => Promise<void> };
  let arrived = Promise.withResolvers<URLSearchParams>();

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("sdks", async ({ api }) => {
      const workspace = { slug: "sdks", name: "SDKs", defaultAccess: "open" };
      await manage(api, "POST", "/workspaces", workspace);
      await manage(api, "POST", "/workspaces/sdks/servers", { slug: "all", url: upstream.url });
    });
    callback = await listen(
      createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
        if (pathname === "/callback") arrived.resolve(searchParams);
        response.end("Back in the client");
      }),
    );
  }, TIMEOUT_MS);

  afterAll(async () => {
    await callback.close();
    await stage.close();
    upstream.close();
  });

  /** Ada allows what a client asks for at this address. */
  const allow = async (url: string) => {
    await stage.page.goto(url);
    await stage.page.getByRole("button", { name: "Allow" }).click();
  };

  /** The client's side of OAuth, which keeps what it gets, as a program keeps it on disk. */
  function makeProvider() {
    const kept: Record<string, unknown> = {};
    arrived = Promise.withResolvers<URLSearchParams>();
    const redirectUrl = `${callback.url}/callback`;
    return {
      redirectUrl,
      clientMetadata: {
        client_name: "SDK client",
        redirect_uris: [redirectUrl],
        token_endpoint_auth_method: "none",
      },
      // Casts: what the SDK has saved, it gets back.
      clientInformation: () => kept["client"] as { client_id: string } | undefined,
      saveClientInformation: (client: unknown) => void (kept["client"] = client),
      tokens: () => kept["tokens"] as { access_token: string; token_type: string } | undefined,
      saveTokens: (tokens: unknown) => void (kept["tokens"] = tokens),
      saveCodeVerifier: (verifier: string) => void (kept["verifier"] = verifier),
      codeVerifier: () => String(kept["verifier"]),
      saveDiscoveryState: (state: unknown) => void (kept["discovery"] = state),
      discoveryState: () => kept["discovery"] as undefined,
      redirectToAuthorization: (url: URL) => void (kept["asked"] = url.href),
      /** Where the SDK has sent the person. */
      asked: () => String(kept["asked"]),
    };
  }

  const toAddress = () => new URL(`${stage.dashboard.baseUrl}/mcp/sdks`);
  const echo = { name: "echo", arguments: { message: "hello" } };

  test("the v1 SDK goes from a 401 to a call, with nothing but an address whose host is an IP: the person signs in at localhost", async () => {
    const authProvider = makeProvider();
    const address = new URL(toAddress().href.replace("localhost", "127.0.0.1"));
    const first = new TransportV1(address, { authProvider });
    await expect(new ClientV1(INFO).connect(first)).rejects.toThrow("Unauthorized");
    expect(new URL(authProvider.asked()).hostname).toBe("localhost");
    await allow(authProvider.asked());
    await first.finishAuth((await arrived.promise).get("code") ?? "");
    const client = new ClientV1(INFO);
    await client.connect(new TransportV1(address, { authProvider }));
    expect(JSON.stringify(await client.callTool(echo))).toContain("hello");
    await client.close();
  });

  test("the v2 SDK goes from a 401 to a call, and checks the issuer on the way", async () => {
    const authProvider = makeProvider();
    const first = new TransportV2(toAddress(), { authProvider });
    await expect(new ClientV2(INFO).connect(first)).rejects.toThrow(/Unauthorized/);
    await allow(authProvider.asked());
    await first.finishAuth(await arrived.promise);
    const client = new ClientV2(INFO, { versionNegotiation: { mode: "auto" } });
    await client.connect(new TransportV2(toAddress(), { authProvider }));
    expect(JSON.stringify(await client.callTool(echo))).toContain("hello");
    await client.close();
  });
});
