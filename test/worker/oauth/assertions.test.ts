import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  ASSERTION_TYPE,
  AUTHORIZATION_SERVER,
  makeConfidentialClient,
  makeTrust,
} from "../support/assertion-client.ts";
import { later } from "../support/clock.ts";
import { makeWorkspace, send, waitForRows } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";
import { OauthClient, REDIRECT } from "../support/oauth-client.ts";
import { exchange, JWT_BEARER, toResource } from "../support/workload.ts";

const AS = AUTHORIZATION_SERVER;
const TYPE = ASSERTION_TYPE;
const CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

afterEach(() => vi.restoreAllMocks());

type Changes = Record<string, unknown>;

describe("an identity assertion", () => {
  test("gives a client access for the member at once, by one grant that its person and admins see", async () => {
    const trust = await makeTrust("ia-calls");
    const { slug, path, adaId, sign, redeem, id } = trust;
    const first = await redeem(await sign());
    expect(first.body).toMatchObject({ token_type: "Bearer", scope: "mcp" });
    expect(first.body).not.toHaveProperty("refresh_token");
    expect(first.body.expires_in).toBeGreaterThan(3_590);
    expect(first.body.expires_in).toBeLessThanOrEqual(3_600);
    const second = await redeem(await sign());
    for (const { body } of [first, second])
      expect(await trust.statusOf(body.access_token)).toBe(200);
    const rows = await waitForRows(slug, 2);
    expect(rows.map(({ memberId }) => memberId)).toEqual([adaId, adaId]);
    const { body } = await manage("GET", `${path}/tokens`);
    const grants = body.items.filter(({ client }: { client: unknown }) => client !== null);
    expect(grants).toMatchObject([
      { memberId: adaId, label: "Claude", client: { id }, issuerId: expect.any(String) },
    ]);
    const sentences = await trust.listSentences();
    expect(sentences.filter((sentence) => sentence.includes("act for Ada"))).toEqual([
      expect.stringMatching(/let the client “Claude” .* act for Ada, as http.* asserts/),
    ]);
    expect(sentences.join("\n")).toContain("connected Ada with a company account (subject ada-1");
    await later(3_601_000, async () => {
      expect(await trust.statusOf(first.body.access_token)).toBe(401);
      expect(await trust.statusOf(await trust.access())).toBe(200);
    });
  });

  test("is advertised in the metadata of the authorization server", async () => {
    const response = await send("/.well-known/oauth-authorization-server/oauth");
    expect(await response.json()).toMatchObject({
      grant_types_supported: expect.arrayContaining([JWT_BEARER]),
      authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"],
    });
  });

  test("is refused with the check that failed, and a few refusals of a minute are in the audit log", async () => {
    const { path, issuer, claims, sign, redeem, id } = await makeTrust("ia-refused");
    const stranger = await generateKeyPair("ES256");
    const secret = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now, exp: now + 300, jti: "x", iss: issuer.url };
    const header = { alg: "HS256", typ: TYPE };
    const refused: [assertion: string | Promise<string>, reason: string][] = [
      [sign({ aud: toResource("ia-refused") }), "audience (aud)"],
      [sign({ aud: [AS, "https://elsewhere.example"] }), "audience (aud)"],
      [sign({ aud: undefined }), "audience (aud) is missing"],
      [sign({ client_id: "another" }), "client_id is 'another'"],
      [sign({ client_id: undefined }), "client_id is missing"],
      [sign({ sub: undefined }), "subject (sub) is missing"],
      [sign({ sub: "" }), "subject (sub) is missing"],
      [sign({ jti: undefined }), "id (jti) is missing"],
      [sign({ iat: undefined }), "when it was issued (iat)"],
      [sign({ iat: now, exp: now + 3_600 }), "more than 15 minutes"],
      [sign({ exp: now - 90 }), "has expired (exp)"],
      [sign({ exp: undefined }), "no end (exp)"],
      [sign({ nbf: now + 90 }), "not valid yet (nbf)"],
      [sign({ iat: now + 90, exp: now + 300 }), "issued (iat) in the future"],
      [sign({ iss: "https://evil.example" }), "does not trust the issuer (iss)"],
      [sign({ iss: `${issuer.url}/` }), "does not trust the issuer (iss)"],
      [sign({ org: "org_other" }), "claim org is 'org_other'"],
      [sign({ org: undefined }), "claim org is missing"],
      [sign({ org: ["org_acme"] }), "claim org is"],
      [sign({ scope: "files.read" }), "scope is 'files.read'"],
      [sign({ cnf: { jkt: "x" } }), "claim cnf is not supported"],
      [sign({ authorization_details: [] }), "claim authorization_details is not supported"],
      [sign({}, { key: stranger.privateKey }), "signature is not the issuer's"],
      [sign({}, { kid: "k9" }), "has not published the key"],
      [
        new SignJWT({ ...claims, ...times }).setProtectedHeader(header).sign(secret),
        "algorithm (alg) is 'HS256'",
      ],
    ];
    for (const [assertion, reason] of refused) {
      const { status, body, description } = await redeem(await assertion);
      expect([status, body.error, description]).toEqual([
        400,
        "invalid_grant",
        expect.stringContaining(reason),
      ]);
    }
    // A token of another type is a workload's, and one without a signature is none.
    for (const other of [await sign({}, { typ: "JWT" }), new UnsecuredJWT(claims).encode()])
      expect((await redeem(other)).description).toContain("No trust rule");
    const events = await manage("GET", `${path}/audit-events?action=assertion.refused`);
    const named = events.body.items.filter(({ detail }: Json) => detail.subject !== undefined);
    for (const { detail } of named) expect(detail.clientId).toBe(id);
    expect(named).toContainEqual(
      expect.objectContaining({
        detail: expect.objectContaining({ check: "audience", subject: '"ada-1"' }),
      }),
    );
    // What the issuer has not signed names no person: an hour has one of it, a minute few of the others.
    expect(events.body.items.length - named.length).toBeLessThanOrEqual(2);
    const minutes = new Set(named.map(({ occurredAt }: Json) => Math.floor(occurredAt / 60_000)));
    expect(named.length).toBeLessThanOrEqual(3 * minutes.size);
    expect(events.body.items[0].summary).toContain(id);
    expect((await redeem(await sign({ scope: "files.read mcp" }))).status).toBe(200);
  });

  test("is used once, also by two requests at the same time and with other claims of the same jti", async () => {
    const { sign, redeem } = await makeTrust("ia-once");
    const assertion = await sign({ jti: "one" });
    const both = await Promise.all([redeem(assertion), redeem(assertion)]);
    expect(both.filter(({ status }) => status === 200).length).toBe(1);
    expect((await redeem(await sign({ jti: "one", sub: "y" }))).description).toContain("before");
    expect((await redeem(await sign())).status).toBe(200);
  });

  test("is for the one workspace that it and its request name", async () => {
    const { slug, sign, redeem } = await makeTrust("ia-resource");
    await makeWorkspace("ia-resource-2");
    const other = toResource("ia-resource-2");
    const targets: [claims: Changes, form: Record<string, string | null>, error: string | null][] =
      [
        [{ resource: other }, {}, "invalid_target"],
        [{ resource: undefined }, { resource: null }, "invalid_target"],
        [{ resource: [toResource(slug), other] }, { resource: null }, "invalid_target"],
        [{ resource: "https://evil.example/mcp/x" }, { resource: null }, "invalid_target"],
        [{ resource: other }, { resource: other }, "invalid_grant"],
        [{ resource: undefined }, {}, "invalid_grant"],
        [{ resource: toResource("ia-resource-none") }, { resource: null }, "invalid_grant"],
        [{ resource: `${toResource(slug)}/ok` }, { resource: null }, null],
        [{ resource: `${toResource(slug)}/ok` }, {}, null],
        [
          { resource: `${toResource(slug)}/ok` },
          { resource: `${toResource(slug)}/two` },
          "invalid_target",
        ],
        [{ resource: `${toResource(slug)}/none` }, { resource: null }, "invalid_grant"],
        [{ resource: [toResource(slug)] }, {}, null],
      ];
    for (const [claims, form, error] of targets) {
      const { body } = await redeem(await sign(claims), form);
      expect([claims, body.error ?? null]).toEqual([claims, error]);
    }
  });

  test("lets no workload act as an agent that trusts its issuer", async () => {
    const { slug, path, adaId, issuer, sign } = await makeTrust("ia-agent");
    const agent = await manage("POST", `${path}/agents`, { name: "CI", ownerId: adaId });
    const rule = { name: "CI", issuer: issuer.url, audience: AS, claims: { sub: "ada-1" } };
    const rules = `${path}/agents/${agent.body.id}/trust-rules`;
    expect((await manage("POST", rules, rule)).status).toBe(201);
    const { status, description } = await exchange(slug, await sign());
    expect([status, description]).toEqual([400, expect.stringContaining("identity assertion")]);
    const workload = await issuer.sign({ aud: AS, sub: "ada-1" });
    expect((await exchange(slug, workload)).status).toBe(200);
  });
});

describe("the client of an assertion", () => {
  test("is the one that has authenticated, by any way that it has registered", async () => {
    const trust = await makeTrust("ia-client");
    const { slug, claims, issuer, sign, redeem, id } = trust;
    const other = await makeConfidentialClient(slug);
    const stolen = await other.redeem(await sign());
    expect([stolen.status, stolen.description]).toEqual([
      400,
      expect.stringContaining("client_id is"),
    ]);
    const wrong: Record<string, string | null>[] = [
      { client_secret: "wrong" },
      { client_secret: null },
      { client_id: null, client_secret: null },
      { client_id: "unknown" },
    ];
    for (const credentials of wrong) {
      const { status, body } = await redeem(await sign(), credentials);
      expect([status, body.error]).toEqual([401, "invalid_client"]);
    }
    const open = new OauthClient(slug);
    await open.register();
    const forOpen = await issuer.sign({ ...claims, client_id: open.clientId }, { typ: TYPE });
    const anonymous = { client_id: open.clientId, client_secret: null };
    const refused = await redeem(forOpen, anonymous);
    expect([refused.status, refused.body.error]).toEqual([400, "unauthorized_client"]);
    const basic = new OauthClient(slug);
    const method = { token_endpoint_auth_method: "client_secret_basic" };
    const { body } = await basic.register(method);
    const response = await basic.fetch("/oauth/token", {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${btoa(`${body.client_id}:${body.client_secret}`)}`,
      },
      body: new URLSearchParams({
        grant_type: JWT_BEARER,
        assertion: await sign({ client_id: body.client_id }),
      }).toString(),
    });
    expect(response.status).toBe(200);
    expect(id).not.toBe(body.client_id);
  });

  test("with a metadata document signs with its key, has its host, and is refused where the workspace does not allow it", async () => {
    const { path, sign, redeem } = await makeTrust("ia-cimd");
    const url = "https://client.ia-cimd.dev/client.json";
    const pair = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "c1", alg: "ES256", use: "sig" };
    const { fetch } = globalThis;
    const document = {
      client_id: url,
      client_name: "Claude",
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: "private_key_jwt",
      // As those of ChatGPT do.
      token_endpoint_auth_methods_supported: ["none", "private_key_jwt"],
      token_endpoint_auth_signing_alg: "ES256",
      jwks: { keys: [jwk] },
    };
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
      new Request(input).url === url
        ? Promise.resolve(Response.json(document))
        : fetch(input, init),
    );
    await manage("PATCH", path, { oauth: { clients: "verified" } });
    const asUrl = async () => {
      const now = Math.floor(Date.now() / 1_000);
      const proof = { iss: url, sub: url, aud: AS, iat: now, exp: now + 60 };
      const signed = await new SignJWT({ ...proof, jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: "ES256", kid: "c1" })
        .sign(pair.privateKey);
      const credentials = { client_assertion: signed, client_assertion_type: CLIENT_ASSERTION };
      return redeem(await sign({ client_id: url }), {
        client_id: url,
        client_secret: null,
        ...credentials,
      });
    };
    // Everybody can name a document.
    const named = { client_id: url, client_secret: null };
    const unproven = await redeem(await sign({ client_id: url }), named);
    expect([unproven.status, unproven.body.error]).toEqual([400, "unauthorized_client"]);
    expect((await asUrl()).status).toBe(200);
    const { body } = await manage("GET", `${path}/tokens`);
    const grant = body.items.find(({ client }: { client: unknown }) => client !== null);
    expect(grant.client).toMatchObject({ id: url, host: "client.ia-cimd.dev" });
    expect((await redeem(await sign())).description).toContain("does not let this client sign in");
    await manage("PATCH", path, { oauth: { clients: "listed", hosts: ["other.dev"] } });
    expect((await asUrl()).description).toContain("does not let this client sign in");
  });
});

describe("the keys of an issuer of assertions", () => {
  test("are read again when they are rotated", async () => {
    const { issuer, sign, redeem } = await makeTrust("ia-keys");
    expect((await redeem(await sign())).status).toBe(200);
    const { privateKey } = await generateKeyPair("ES256");
    await issuer.rotate("k2");
    await later(31_000, async () => {
      expect((await redeem(await sign())).status).toBe(200);
      // The withdrawn key is not accepted beside the new one.
      const old = await redeem(await sign({}, { key: privateKey, kid: "k1" }));
      expect(old.description).toContain("has not published the key");
    });
  });
});
