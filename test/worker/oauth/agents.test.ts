import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, inject, test } from "vitest";
import { TRUST_RULE_PRESETS } from "../../../workers/contract/api/trust-rule-presets.ts";
import { later } from "../support/clock.ts";
import { makeWorkspace, waitForRows } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";
import { OauthClient } from "../support/oauth-client.ts";
import { exchange, Issuer, JWT_BEARER, toResource } from "../support/workload.ts";

const CLAIMS = { repository: "acme/app", ref: "refs/heads/main" };

/** A workspace with an agent of the member Olga, which trusts the main branch of a repository. `issuer`: absent: another one for each workspace. */
async function makeAgent(slug: string, issuer?: Issuer) {
  await makeWorkspace(slug);
  const path = `/workspaces/${slug}`;
  const owner = await manage("POST", `${path}/members`, { name: "Olga" });
  const made = await manage("POST", `${path}/agents`, { name: "Deploy", ownerId: owner.body.id });
  const agentPath = `${path}/agents/${made.body.id}`;
  const opened = issuer ?? (await Issuer.open(slug));
  const rule = { name: "CI", issuer: opened.url, claims: CLAIMS };
  const withRule = await manage("POST", `${agentPath}/trust-rules`, rule);
  const [{ id: ruleId }] = withRule.body.trustRules;
  const sign = (claims = {}) => opened.sign({ aud: toResource(slug), ...CLAIMS, ...claims });
  const client = new OauthClient(slug);
  /** Gets an access token. Each call of the result calls a tool with it: the status, or what has stopped it. */
  const call = async () => {
    const { body, description } = await exchange(slug, await sign());
    if (!body.access_token) throw new Error(description);
    return async () => {
      const called = { name: "echo", arguments: {} };
      const answer = await client.rpc("tools/call", called, { token: body.access_token });
      return answer.status === 200 ? (answer.message.error?.data.reason ?? 200) : answer.status;
    };
  };
  const rulePath = `${agentPath}/trust-rules/${ruleId}`;
  return { slug, path, agentPath, rulePath, issuer: opened, sign, call, client, made, owner };
}

describe("a workload that an agent trusts", () => {
  test("exchanges its own token for a short access token, whose calls are the agent’s", async () => {
    const { slug, path, agentPath, sign, client, made } = await makeAgent("ag-calls");
    const first = await exchange(slug, await sign());
    expect(first.body).toMatchObject({ token_type: "Bearer", scope: "mcp" });
    expect(first.body).not.toHaveProperty("refresh_token");
    expect(first.body.expires_in).toBeGreaterThan(280);
    expect(first.body.expires_in).toBeLessThanOrEqual(300);
    const form = { grant_type: JWT_BEARER, subject_token: null, subject_token_type: null };
    const second = await exchange(slug, "", {
      ...form,
      assertion: await sign({ exp: inTwoHours() }),
    });
    expect(second.body.expires_in).toBeGreaterThan(890);
    expect(second.body.expires_in).toBeLessThanOrEqual(900);
    for (const { body } of [first, second])
      expect(await client.statusOfCall(body.access_token)).toBe(200);
    const rows = await waitForRows(slug, 2);
    expect(rows.map(({ memberId }) => memberId)).toEqual([made.body.id, made.body.id]);
    expect(new Set(rows.map(({ tokenId }) => tokenId)).size).toBe(1);
    const calls = await manage("GET", `${path}/tool-calls`);
    expect(calls.body.items[0]).toMatchObject({ memberName: "Deploy", tokenLabel: "CI" });
    await manage("PUT", `${path}/members/${made.body.id}/rules`, { rules: [], isRestricted: true });
    const refused = await client.rpc(
      "tools/call",
      { name: "echo" },
      { token: second.body.access_token },
    );
    expect(refused.message.error?.message).toContain("not allowed");
    expect((await manage("GET", agentPath)).body).toMatchObject({
      name: "Deploy",
      ownerName: "Olga",
      state: "active",
      trustRules: [{ name: "CI", audience: toResource(slug), claims: CLAIMS }],
    });
    const { body } = await manage("GET", `${path}/tokens`);
    expect(body.items.map(({ label }: { label: string }) => label)).toEqual(["test"]);
    const events = await manage("GET", `${path}/audit-events`);
    const sentences = events.body.items.map(({ summary }: { summary: string }) => summary);
    expect(sentences).toContain("The operator created the agent Deploy, for which Olga answers");
    expect(sentences.join("\n")).toContain("with repository acme/app and ref refs/heads/main)");
    // The exchanges have none.
    expect(events.body.items.length).toBe(7);
  });

  test("is refused with the check that failed, once a minute in the audit log, and never with what the rule wants", async () => {
    const { slug, path, issuer, sign } = await makeAgent("ag-refused");
    const stranger = await generateKeyPair("ES256");
    const claims = { aud: toResource(slug), ...CLAIMS, iss: issuer.url };
    const secret = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
    const now = Math.floor(Date.now() / 1_000);
    const refused: [token: string | Promise<string>, reason: string][] = [
      [sign({ repository: "acme/other" }), "repository is 'acme/other'"],
      [sign({ repository: "acme/app-2" }), "repository is 'acme/app-2'"],
      [sign({ ref: "refs/heads/side" }), "ref is 'refs/heads/side'"],
      [sign({ ref: undefined }), "ref is missing"],
      [sign({ repository: ["acme/app"] }), "repository is ['acme/app']"],
      [sign({ aud: "https://elsewhere.example" }), "audience (aud) is 'https://elsewhere.example'"],
      [sign({ aud: toResource("ag-refused-2") }), "audience (aud)"],
      [sign({ iss: "https://evil.example" }), "issuer (iss) 'https://evil.example'"],
      [sign({ iss: `${issuer.url}/` }), "issuer (iss)"],
      [new UnsecuredJWT(claims).setExpirationTime("5m").encode(), "algorithm (alg) is 'none'"],
      [
        new SignJWT(claims)
          .setProtectedHeader({ alg: "HS256" })
          .setExpirationTime("5m")
          .sign(secret),
        "algorithm (alg) is 'HS256'",
      ],
      [sign({ exp: now - 90 }), "has expired (exp)"],
      [sign({ exp: undefined }), "no end (exp)"],
      [sign({ nbf: now + 90 }), "not valid yet (nbf)"],
      [sign({ iat: now + 90 }), "issued (iat) in the future"],
      [issuer.sign(claims, { key: stranger.privateKey }), "signature is not the issuer's"],
      [issuer.sign(claims, { key: stranger.privateKey, kid: "k2" }), "has not published the key"],
      ["not.a.token", "not a signed JWT"],
    ];
    for (const [token, reason] of refused) {
      const { status, body, description } = await exchange(slug, await token);
      expect([status, body.error]).toEqual([400, "invalid_grant"]);
      expect(description).toContain(reason);
      expect(description).not.toContain("refs/heads/main");
    }
    const tolerated = await exchange(slug, await sign({ exp: now - 20, nbf: now + 40 }));
    expect(tolerated.body.expires_in).toBeLessThanOrEqual(40);
    const events = await manage("GET", `${path}/audit-events?action=workload_token.refused`);
    const minutes = new Set(
      events.body.items.map(({ occurredAt }: { occurredAt: number }) =>
        Math.floor(occurredAt / 60_000),
      ),
    );
    expect(events.body.items.length).toBe(minutes.size);
    expect(events.body.items.at(-1).summary).toContain("its claims fit no trust rule");
  });

  test("exchanges each token once, by its jti or else by its text", async () => {
    const { slug, sign } = await makeAgent("ag-once");
    const jti = "one";
    for (const claims of [{ jti }, { jti: undefined }]) {
      const token = await sign(claims);
      const both = await Promise.all([exchange(slug, token), exchange(slug, token)]);
      expect(both.filter(({ status }) => status === 200).length).toBe(1);
      const { description } = await exchange(slug, token);
      expect(description).toContain("exchanged before");
    }
    expect((await exchange(slug, await sign({ jti, sub: "x" }))).description).toContain("before");
    expect((await exchange(slug, await sign())).status).toBe(200);
  });

  test("names what is wrong with its request", async () => {
    const { slug, sign } = await makeAgent("ag-form");
    const problems: [Record<string, string | null>, string, string][] = [
      [{ subject_token: null }, "invalid_request", "subject_token is missing"],
      [{ subject_token_type: "saml2" }, "invalid_request", "subject_token_type must be"],
      [{ requested_token_type: "jwt" }, "invalid_request", "requested_token_type must be"],
      [{ actor_token: "x" }, "invalid_request", "actor_token is not supported"],
      [{ resource: "https://evil.example/mcp/ag-form" }, "invalid_target", "resource must be"],
      [{ resource: toResource("ag-form-none") }, "invalid_grant", "No trust rule"],
    ];
    const token = await sign();
    for (const [changes, error, words] of problems) {
      const { status, body, description } = await exchange(slug, token, changes);
      expect([status, body.error]).toEqual([400, error]);
      expect(description).toContain(words);
    }
    const elsewhere = await sign({ aud: "https://elsewhere.example" });
    const { body } = await exchange(slug, elsewhere, { resource: null });
    expect(body.error).toBe("invalid_target");
    // The audience names the workspace, too.
    expect((await exchange(slug, token, { resource: null })).status).toBe(200);
  });
});

describe("the keys of an issuer", () => {
  test("are read once for many tokens, and again after 30 s for a key that is not among them", async () => {
    const { slug, issuer, sign } = await makeAgent("ag-keys");
    for (let i = 0; i < 3; i++) expect((await exchange(slug, await sign())).status).toBe(200);
    expect(await issuer.countReads("/keys")).toBe(1);
    await issuer.rotate("k2");
    expect((await exchange(slug, await sign())).description).toContain("has not published the key");
    await later(31_000, async () => {
      expect((await exchange(slug, await sign())).status).toBe(200);
      expect(await issuer.countReads("/keys")).toBe(2);
      const unknown = () => issuer.sign({ aud: toResource(slug), ...CLAIMS }, { kid: "k9" });
      for (let i = 0; i < 3; i++)
        expect((await exchange(slug, await unknown())).description).toContain("not published");
    });
    expect(await issuer.countReads("/keys")).toBe(2);
  });

  test("are also found by the metadata of an authorization server", async () => {
    const issuer = await Issuer.open("ag-8414", null);
    const { origin, pathname } = new URL(issuer.url);
    await fetch(`${origin}/.well-known/oauth-authorization-server${pathname}`, {
      method: "PUT",
      body: JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }),
    });
    const { call } = await makeAgent("ag-8414", issuer);
    expect(await (await call())()).toBe(200);
  });

  test("are refused from metadata that is missing, another issuer’s, or leads inside", async () => {
    const keys = `${inject("publishedUrl")}/ag-bad/keys`;
    const bad: [Record<string, unknown> | null, document: unknown, reason: string][] = [
      [null, {}, "metadata cannot be read: The issuer responded with status 404"],
      [{ issuer: "https://evil.example" }, {}, "of another issuer"],
      [{ jwks_uri: undefined }, {}, "lacks its issuer or jwks_uri"],
      [{ jwks_uri: "http://169.254.169.254/keys" }, {}, "clouds give their machines credentials"],
      [{ jwks_uri: keys }, { status: 302, location: "http://127.0.0.1/" }, "redirect"],
      [{ jwks_uri: keys }, { bytes: 1_100_000 }, "larger than 1 MiB"],
      [{ jwks_uri: keys }, { keys: 1 }, "is not one"],
      [{ jwks_uri: keys }, { never: true }, "cannot be read"],
    ];
    const slug = "ag-bad";
    const { agentPath } = await makeAgent(slug);
    for (const [i, [metadata, document, reason]] of bad.entries()) {
      const issuer = await Issuer.open(`ag-bad-${i}`, metadata);
      await fetch(keys, { method: "PUT", body: JSON.stringify(document) });
      const rule = { name: "Bad", issuer: issuer.url, claims: CLAIMS };
      await manage("POST", `${agentPath}/trust-rules`, rule);
      const sign = () => issuer.sign({ aud: toResource(slug), ...CLAIMS });
      expect((await exchange(slug, await sign())).description).toContain(reason);
      // The failure is remembered: a flood of tokens is no flood of requests.
      const path = "/.well-known/openid-configuration";
      const reads = await issuer.countReads(path);
      expect((await exchange(slug, await sign())).description).toContain(reason);
      expect(await issuer.countReads(path)).toBe(reads);
    }
  });
});

describe("an agent", () => {
  test("ends on the next call with its suspension, its owner’s, its end, and the removal of either", async () => {
    const { slug, path, agentPath, sign, call, made, owner } = await makeAgent("ag-ends");
    const member = (id: string) => `${path}/members/${id}`;
    const suspend = (id: string, method: "PUT" | "DELETE") =>
      manage(method, `${member(id)}/suspension`, {});
    const endings: [
      () => Promise<unknown>,
      answer: number | string,
      reason: string,
      undo: () => Promise<unknown>,
    ][] = [
      [
        () => suspend(made.body.id, "PUT"),
        "member_suspended",
        "The agent is suspended",
        () => suspend(made.body.id, "DELETE"),
      ],
      [
        () => suspend(owner.body.id, "PUT"),
        "member_suspended",
        "owner is suspended",
        () => suspend(owner.body.id, "DELETE"),
      ],
      [
        () => manage("DELETE", member(owner.body.id), {}),
        401,
        "ended with its owner",
        async () => {
          const other = await manage("POST", `${path}/members`, { name: "Omar" });
          await manage("PATCH", agentPath, { ownerId: other.body.id });
        },
      ],
    ];
    for (const [end, answer, reason, undo] of endings) {
      const recall = await call();
      expect(await recall()).toBe(200);
      await end();
      expect(await recall()).toBe(answer);
      const { status, description } = await exchange(slug, await sign());
      expect([status, description]).toEqual([400, expect.stringContaining(reason)]);
      await undo();
    }
    const endsAt = Date.now() + 60_000;
    await manage("PATCH", agentPath, { endsAt });
    const recall = await call();
    expect(await recall()).toBe(200);
    await later(61_000, async () => {
      expect(await recall()).toBe(401);
      expect((await exchange(slug, await sign())).description).toContain("The agent has ended");
      expect((await manage("GET", agentPath)).body.state).toBe("ended");
    });
    await manage("PATCH", agentPath, { endsAt: null });
    const last = await call();
    expect(await last()).toBe(200);
    expect((await manage("DELETE", agentPath)).status).toBe(204);
    expect(await last()).toBe(401);
    expect((await exchange(slug, await sign())).description).toContain("No trust rule");
  });

  test("loses the access tokens of a trust rule that changes or goes, and keeps them with a new name", async () => {
    const { slug, agentPath, rulePath, sign, call } = await makeAgent("ag-rules");
    const recall = await call();
    await manage("PATCH", rulePath, { name: "Nightly" });
    expect(await recall()).toBe(200);
    const changed = await manage("PATCH", rulePath, { claims: { ...CLAIMS, environment: "prod" } });
    expect(changed.body.trustRules).toMatchObject([{ name: "Nightly", version: 1 }]);
    expect(await recall()).toBe(401);
    expect((await exchange(slug, await sign())).description).toContain("environment is missing");
    const { body } = await exchange(slug, await sign({ environment: "prod" }));
    const client = new OauthClient(slug);
    expect(await client.statusOfCall(body.access_token)).toBe(200);
    expect((await manage("DELETE", rulePath)).status).toBe(204);
    expect(await client.statusOfCall(body.access_token)).toBe(401);
    expect((await manage("GET", agentPath)).body.trustRules).toEqual([]);
  });

  test("of two agents that trust the same workload, none gets it", async () => {
    const { slug, path, issuer, sign, owner } = await makeAgent("ag-two");
    const other = await manage("POST", `${path}/agents`, { name: "Two", ownerId: owner.body.id });
    const rule = { name: "All", issuer: issuer.url, claims: { repository: "acme/*" } };
    await manage("POST", `${path}/agents/${other.body.id}/trust-rules`, rule);
    expect((await exchange(slug, await sign())).description).toContain("rules of two agents");
    const branch = await exchange(slug, await sign({ ref: "refs/heads/side" }));
    expect(branch.body.access_token).toContain(`.${other.body.id}:`);
  });

  test("is no person: it has no other role, no e-mail address, no invitation, and answers for no other", async () => {
    const { path, agentPath, made } = await makeAgent("ag-person");
    const { id } = made.body;
    const refusals = [
      await manage("PATCH", `${path}/members/${id}`, { role: "admin" }),
      await manage("PATCH", `${path}/members/${id}`, { email: "a@example.com" }),
      await manage("POST", `${path}/invitations`, { memberId: id }),
      await manage("POST", `${path}/agents`, { name: "X", ownerId: id }),
      await manage("POST", `${path}/agents`, { name: "X", ownerId: "mem_none" }),
      await manage("PATCH", agentPath, { endsAt: 1 }),
      await manage("GET", `${path}/agents/mem_none`),
    ].map(refusalOf);
    expect(refusals).toEqual([
      expect.stringMatching(/^409 .*no other role than member/),
      expect.stringMatching(/^409 .*no e-mail address/),
      expect.stringMatching(/^409 .*is an agent/),
      expect.stringMatching(/^400 .*cannot answer for another one/),
      expect.stringMatching(/^400 .*no such member/),
      expect.stringMatching(/^400 .*in the past/),
      expect.stringMatching(/^404 .*no such agent/),
    ]);
    const { body } = await manage("GET", `${path}/members`);
    expect(body.items.find((member: { id: string }) => member.id === id)).toMatchObject({
      role: "member",
      userId: null,
      agent: { ownerId: expect.any(String) },
    });
  });
});

describe("a trust rule", () => {
  test("is refused unless a claim names the workload or its owner in full", async () => {
    const { agentPath } = await makeAgent("ag-claims");
    const post = (claims: Record<string, string>, issuer = "https://issuer.example") =>
      manage("POST", `${agentPath}/trust-rules`, { name: "R", issuer, claims });
    const refused: [Record<string, string>, string][] = [
      [{}, "name the workload by at least one of sub, repository"],
      [{ ref: "refs/heads/main" }, "name the workload by at least one of"],
      [{ repository: "*" }, "also fits workloads of others"],
      [{ repository: "acme*" }, "also fits workloads of others"],
      [{ sub: "repo:*" }, "also fits workloads of others"],
      [{ repository: "acme/app", sub: "repo:acme*" }, "also fits workloads of others"],
      [{ repository: "ac*me/app" }, "one * at the end"],
      [{ repository: "acme/app", aud: "x" }, "aud is checked for every token"],
    ];
    for (const [claims, reason] of refused) expect(refusalOf(await post(claims))).toContain(reason);
    const accepted = [
      { sub: "repo:acme/*" },
      { sub: "spiffe://acme.org/*" },
      { repository: "acme/*" },
    ];
    for (const claims of accepted) expect((await post(claims)).status).toBe(201);
    for (const { id, issuer, claims } of TRUST_RULE_PRESETS) {
      const examples = claims.map(({ name, example }) => [name, example]);
      const made = await post(Object.fromEntries(examples), issuer ?? "https://cluster.example");
      expect([id, made.status]).toEqual([id, 201]);
    }
    const metadata = await post({ sub: "a" }, "http://169.254.169.254/");
    expect(refusalOf(metadata)).toMatch(/^400 invalid: issuer: /);
  });
});

function inTwoHours(): number {
  return Math.floor(Date.now() / 1_000) + 7_200;
}
