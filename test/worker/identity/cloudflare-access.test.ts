import { expect, inject, test } from "vitest";
import { app } from "../../../workers/app.ts";
import { makeOwner, ORIGIN } from "../support/browser.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";

const AUDIENCE = "an-audience-tag";
const team = inject("accessTeamUrl");
const now = () => Math.floor(Date.now() / 1000);

async function sign(claims: Record<string, unknown>, path = "/sign"): Promise<string> {
  const whole = { iss: team, aud: [AUDIENCE], iat: now(), exp: now() + 60, ...claims };
  return (await fetch(team + path, { method: "POST", body: JSON.stringify(whole) })).text();
}

/** Sends a request like Cloudflare Access does, to a Worker that is configured for it. */
async function send(path: string, body: unknown, assertion: string | null, env = {}) {
  const response = await app.request(
    `/api${path}`,
    {
      method: "POST",
      headers: {
        host: HOST,
        origin: ORIGIN,
        "content-type": "application/json",
        ...(assertion === null ? {} : { "cf-access-jwt-assertion": assertion }),
      },
      body: JSON.stringify(body),
    },
    { ...bindings, ACCESS_TEAM_DOMAIN: team, ACCESS_AUDIENCE: AUDIENCE, ...env },
  );
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { status: response.status, cookie, body: await response.json<Json>() };
}

const signIn = async (claims: Record<string, unknown>, path?: string) =>
  send("/auth/access", {}, await sign(claims, path));

test("a Cloudflare Access assertion signs in the user with its email address", async () => {
  const owner = await makeOwner("access");
  const url = `/users/${owner.userId}`;
  expect((await manage("PATCH", url, { email: "olga@example.com" })).status).toBe(200);
  const signedIn = await signIn({ email: "olga@example.com" });
  expect(signedIn.body).toMatchObject({
    user: { id: owner.userId, email: "olga@example.com" },
    // Access proves the identity, not the presence of the user: sensitive actions need a passkey.
    session: { method: "access", steppedUpUntil: null },
  });
  expect((await signIn({ email: "OLGA@example.com" })).status).toBe(200);
  const stranger = await signIn({ email: "stranger@example.com" });
  expect(stranger).toMatchObject({ status: 401, body: { error: { code: "not_recognized" } } });
});

test("an assertion with a wrong signature, issuer, audience or time signs in no user", async () => {
  const owner = await makeOwner("not-access");
  await manage("PATCH", `/users/${owner.userId}`, { email: "ann@example.com" });
  const email = "ann@example.com";
  expect((await signIn({ email })).status).toBe(200);
  const refused = [
    await signIn({ email }, "/sign/stranger"),
    await signIn({ email, aud: ["another-application"] }),
    await signIn({ email, iss: "https://evil.cloudflareaccess.com" }),
    await signIn({ email, exp: now() - 60 }),
    await signIn({ email, exp: undefined }),
    await signIn({ email, nbf: now() + 600 }),
    await signIn({ email: ["ann@example.com"] }),
    await signIn({ common_name: "a-service-token" }),
    await send("/auth/access", {}, null),
    await send("/auth/access", {}, "x.y.z"),
    await send("/auth/access", {}, await unsigned({ email })),
    await send("/auth/access", {}, await sign({ email }), { ACCESS_AUDIENCE: "" }),
    await send("/auth/access", {}, await sign({ email }), { ACCESS_TEAM_DOMAIN: "" }),
    // A deployed gateway fetches keys, like everything, from no private address.
    await send("/auth/access", {}, await sign({ email }), {
      ACCESS_TEAM_DOMAIN: team.replace("127.0.0.1", "localhost"),
      ALLOW_PRIVATE_UPSTREAMS: "false",
    }),
  ];
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
});

test("an invitation can be accepted with Access alone and stores the email address", async () => {
  await manage("POST", "/workspaces", { slug: "by-access", name: "By Access" });
  const made = await manage("POST", "/workspaces/by-access/invitations", { name: "Bea" });
  const secret = made.body.url.split("#")[1];
  const email = "bea@example.com";
  const joined = await send("/auth/link/access", { secret, name: "Bea" }, await sign({ email }));
  expect(joined.body).toMatchObject({
    user: { name: "Bea", email },
    passkeys: 0,
    memberships: [{ workspace: { slug: "by-access" }, role: "member" }],
  });
  const again = await signIn({ email });
  expect(again.body.user.id).toBe(joined.body.user.id);
  // Without a passkey there is nothing to confirm with: the first one may be added at once, and only that.
  const post = (path: string, cookie: string) =>
    app.request(
      `/api${path}`,
      {
        method: "POST",
        headers: {
          host: HOST,
          origin: ORIGIN,
          cookie,
          "content-type": "application/json",
          "x-csrf-token": again.body.session.csrfToken,
        },
      },
      bindings,
    );
  expect((await post("/me/passkeys/options", again.cookie)).status).toBe(200);
  expect((await post("/me/recovery-codes", again.cookie)).status).toBe(403);
});

test("a recovery link creates a passkey, and no other request uses it up", async () => {
  const owner = await makeOwner("recover-access");
  const made = await manage("POST", `/users/${owner.userId}/recovery-links`, {});
  const secret = made.body.url.split("#")[1];
  const assertion = await sign({ email: "thief@example.com" });
  expect((await send("/auth/link/access", { secret, name: "T" }, assertion)).status).toBe(409);
  expect((await send("/auth/link", { secret }, null)).body).toMatchObject({ kind: "recovery" });
});

test("the keys of Access are fetched once, and again when a new key signs", async () => {
  const reads = async () => (await (await fetch(`${team}/stats`)).json<{ reads: number }>()).reads;
  const before = await reads();
  for (let i = 0; i < 3; i++) await signIn({ email: "x@example.com" });
  expect(await reads()).toBe(before);
});

async function unsigned(claims: Record<string, unknown>): Promise<string> {
  const [, payload] = (await sign(claims)).split(".");
  const header = btoa(JSON.stringify({ alg: "none", kid: "k1" })).replaceAll("=", "");
  return `${header}.${payload}.`;
}
