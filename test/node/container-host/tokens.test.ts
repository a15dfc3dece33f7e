import { randomBytes } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { FLEET_SUBJECT, HOST_TOKEN_TYPE } from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import { makeSigner } from "./host-client.ts";
import { newInstanceId, newWorkspaceId } from "./host-process.ts";
import { withHost } from "./with-host.ts";

describe.skipIf(engineProblem)("tokens for a container host", () => {
  const parts = withHost();
  const deployment = () => ({
    method: "PUT",
    path: `/v1/instances/${newInstanceId()}`,
    subject: newWorkspaceId(),
    body: { catalogueId: "plain", profile: "small", variables: {} },
  });
  /** Sends a request with the token; returns status and code, and checks that no container was created. */
  async function refusal(request: ReturnType<typeof deployment>, token: string | null) {
    const { status, body } = await parts.host.client.send({ ...request, token });
    expect(await parts.engine.docker.listContainers({ all: true })).toEqual([]);
    return [status, body.error.code];
  }
  const seconds = () => Date.now() / 1000;

  test("a request to a container host is refused without a token or with a malformed one", async () => {
    expect(await refusal(deployment(), null)).toEqual([401, "token_invalid"]);
    for (const token of ["", "x", "a.b.c", "e30.e30.", "a".repeat(5000)]) {
      expect(await refusal(deployment(), token)).toEqual([401, "token_invalid"]);
    }
  });

  test("a request to a container host is accepted once: the same token is refused again, even concurrently", async () => {
    const request = { method: "GET", path: "/v1/host", subject: FLEET_SUBJECT };
    const token = await parts.host.client.sign(request);
    const responses = await Promise.all(
      Array.from({ length: 8 }, () => parts.host.client.send({ ...request, token })),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(7);
    const again = await parts.host.client.send({ ...request, token });
    expect([again.status, again.body.error.code]).toEqual([401, "token_replayed"]);
  });

  test("a request to a container host is refused with a token that was signed for another method, path, query or body", async () => {
    const { client } = parts.host;
    const request = deployment();
    for (const other of [
      { ...request, method: "POST" },
      { ...request, path: `${request.path}/restart` },
      { ...request, path: `${request.path}?x=1` },
      { ...request, body: { ...request.body, profile: "large" } },
      { ...request, body: undefined },
    ]) {
      const token = await client.sign(other);
      expect(await refusal(request, token)).toEqual([401, "token_mismatch"]);
    }
  });

  test("a request to a container host is refused with an altered token", async () => {
    const request = deployment();
    const [header = "", payload = "", signature = ""] = (
      await parts.host.client.sign(request)
    ).split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const altered = encode({ ...claims, sub: newWorkspaceId() });
    const unsigned = encode({ alg: "none", typ: HOST_TOKEN_TYPE, kid: "k1" });
    for (const token of [
      `${header}.${altered}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${unsigned}.${payload}.`,
      `${unsigned}.${payload}.${signature}`,
    ]) {
      expect(await refusal(request, token)).toEqual([401, "token_invalid"]);
    }
  });

  test("a request to a container host is refused with a token that has expired or is valid too long", async () => {
    const { client } = parts.host;
    const request = deployment();
    const past = seconds() - 60;
    const expired = await client.sign(request, {
      claims: { iat: past, nbf: past, exp: past + 30 },
    });
    expect(await refusal(request, expired)).toEqual([401, "token_expired"]);
    const old = await client.sign(request, { claims: { iat: past, nbf: past } });
    expect(await refusal(request, old)).toEqual([401, "token_expired"]);
    for (const claims of [
      { exp: seconds() + 3600 },
      { exp: undefined },
      { iat: undefined },
      { jti: undefined },
      { iat: seconds() + 60, exp: seconds() + 90 },
      { nbf: seconds() + 20 },
    ]) {
      const token = await client.sign(request, { claims });
      expect(await refusal(request, token)).toEqual([401, "token_invalid"]);
    }
  });

  test("a request to a container host is refused with a token of another gateway, for another host or of another type", async () => {
    const { client } = parts.host;
    const request = deployment();
    const stranger = await makeSigner("k1");
    for (const overrides of [
      { signer: stranger },
      { header: { kid: "k2" } },
      { header: { kid: "__proto__" } },
      { header: { typ: "JWT" } },
      { claims: { aud: "host-2" } },
      { claims: { aud: undefined } },
      { claims: { iss: "another-gateway" } },
      { claims: { sub: "*" } },
    ]) {
      const token = await client.sign(request, overrides);
      expect(await refusal(request, token)).toEqual([401, "token_invalid"]);
    }
    // The public key as a secret of a symmetric algorithm.
    const symmetric = await new SignJWT({ sub: request.subject })
      .setProtectedHeader({ alg: "HS256", typ: HOST_TOKEN_TYPE, kid: "k1" })
      .sign(Buffer.from(parts.host.signer.publicKey.x, "base64url"));
    expect(await refusal(request, symmetric)).toEqual([401, "token_invalid"]);
  });

  test("a request to a container host is refused for another workspace's instance exactly as for one that does not exist", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const subject = newWorkspaceId();
    for (const [method, suffix] of [
      ["GET", ""],
      ["DELETE", ""],
      ["GET", "/logs"],
      ["POST", "/mcp"],
    ] as const) {
      const responses = await Promise.all(
        [deployed.instanceId, newInstanceId()].map((id) =>
          host.client.send({ method, path: `/v1/instances/${id}${suffix}`, subject }),
        ),
      );
      expect(responses[0]).toEqual(responses[1]);
      expect(responses[0]?.status).toBe(404);
    }
    // Routes of the whole host are not available to workspaces, and vice versa.
    const fleet = await host.client.send({ method: "GET", path: "/v1/host", subject });
    expect(fleet.status).toBe(404);
    const path = `/v1/instances/${deployed.instanceId}`;
    const all = await host.client.send({ method: "GET", path, subject: FLEET_SUBJECT });
    expect(all.status).toBe(404);
    expect((await host.terminate(deployed)).status).toBe(204);
  });

  test("a request to a container host is refused with a token from before the host's start", async () => {
    const { host } = parts;
    const request = deployment();
    const token = await host.client.sign(request);
    await host.stop("SIGKILL");
    await host.start();
    expect(await refusal(request, token)).toEqual([503, "host_starting"]);
  });

  test("a container host reports that it is ready when it accepts requests, even of a gateway whose clock is late", async () => {
    const { host } = parts;
    await host.stop();
    await host.start({ MCPNEST_HOST_CLOCK_SKEW_SECONDS: "2" });
    const request = { method: "GET", path: "/v1/host", subject: FLEET_SUBJECT };
    const iat = Date.now() / 1000 - 1.5;
    const token = await host.client.sign(request, { claims: { iat, nbf: iat, exp: iat + 30 } });
    expect((await host.client.send({ ...request, token })).status).toBe(200);
    await host.stop();
    await host.start();
  });

  test("a request to a container host is accepted with both keys during a key rotation, and only with the new key afterwards", async () => {
    const { host } = parts;
    const next = await makeSigner("k2");
    const request = { method: "GET", path: "/v1/host", subject: FLEET_SUBJECT };
    const statuses = async () => {
      const tokens = [
        await host.client.sign(request),
        await host.client.sign(request, { signer: next }),
      ];
      const responses = tokens.map((token) => host.client.send({ ...request, token }));
      return (await Promise.all(responses)).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 401]);
    for (const [keys, expected] of [
      [
        [next.publicKey, host.signer.publicKey],
        [200, 200],
      ],
      [[next.publicKey], [401, 200]],
    ] as const) {
      await host.stop();
      await host.start({ MCPNEST_HOST_KEYS: JSON.stringify(keys) });
      expect(await statuses()).toEqual(expected);
    }
    await host.stop();
    await host.start();
  });

  test("a request to a container host is refused with a body larger than 4 MiB before the body is read completely", async () => {
    const body = randomBytes(3 * 1024 * 1024 + 1024 * 1024).toString("base64");
    const { status } = await parts.host.client.send({ ...deployment(), body }).catch(() => ({
      status: "cut",
    }));
    expect([400, "cut"]).toContain(status);
  });
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
