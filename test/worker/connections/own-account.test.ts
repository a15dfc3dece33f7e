import { decodeProtectedHeader, exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { refusalOf } from "../support/management-client.ts";
import { ProtectedServer } from "../support/protected-server.ts";

const SECRET = { id: "the-client", secret: "the-secret" };

describe("an account of the gateway itself at a server", () => {
  test("is used with a client id and a secret, without a browser", async () => {
    const server = await ProtectedServer.add("own-secret");
    const { status, body } = await server.owner.send("PUT", `${server.path}/connection`, {
      client: SECRET,
    });
    expect([status, body.state, body.connectedBy.name]).toEqual([200, "connected", "Olga"]);
    expect(await server.call()).toBe("ok");
    const { tokenForms, authorizationHeaders } = await server.stats();
    expect(tokenForms).toEqual([
      {
        grant_type: "client_credentials",
        resource: `${server.base}/mcp`,
        scope: "read write",
      },
    ]);
    expect(authorizationHeaders).toEqual([`Basic ${btoa("the-client:the-secret")}`]);
    expect(JSON.stringify(body)).not.toContain("the-secret");
  });

  test("is used with a private key, which signs each request for the authorization server", async () => {
    const server = await ProtectedServer.add("own-key");
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const client = { id: "the-client", privateKey: await exportPKCS8(privateKey) };
    const { status } = await server.owner.send("PUT", `${server.path}/connection`, { client });
    expect([status, await server.call()]).toEqual([200, "ok"]);
    const [{ client_assertion: assertion, client_assertion_type: type }] = (await server.stats())
      .tokenForms;
    expect(type).toBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    expect(decodeProtectedHeader(assertion).alg).toBe("ES256");
    const { payload } = await jwtVerify(assertion, publicKey, { audience: `${server.base}/as` });
    expect(payload).toMatchObject({ iss: "the-client", sub: "the-client" });
  });

  test("gets a new token for a call that the server refuses, without a refresh token", async () => {
    const server = await ProtectedServer.add("own-renewed");
    await server.owner.send("PUT", `${server.path}/connection`, { client: SECRET });
    await server.call();
    await server.forgetAccessTokens();
    expect(await server.call()).toBe("ok");
    const { tokenForms } = await server.stats();
    expect(tokenForms[1]).toEqual(tokenForms[0]);
  });

  test("is not connected when the credentials are wrong, or cannot be used", async () => {
    const server = await ProtectedServer.add("own-refused");
    const put = (client: object) =>
      server.owner.send("PUT", `${server.path}/connection`, { client });
    const unreadable = await put({ id: "the-client", privateKey: "BEGIN RSA PRIVATE KEY" });
    expect(refusalOf(unreadable)).toContain("The private key cannot be read");
    await server.control({ tokenError: { status: 401, error: "invalid_client" } });
    expect(refusalOf(await put(SECRET))).toContain("did not sign the gateway in");
    expect(await server.state()).toMatchObject({ connectedAt: null });
  });
});
