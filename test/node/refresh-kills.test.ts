import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { childrenOf } from "../bench/processes.ts";
import { openD1File } from "../fixtures/d1-file.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { startProtectedUpstream } from "../fixtures/protected-upstream.ts";

const KILLS = Number(process.env["KILLS"] ?? 10);
/** Providers that accept a refresh token until its successor is used, as real ones do, and providers that do not. */
const GRACEFUL = Array.from({ length: 10 }, (_, i) => `graceful-${i}`);
const STRICT = ["strict-0", "strict-1"];
const SERVERS = [...GRACEFUL, ...STRICT];
const LIFETIME_MS = 100;
/** The window in which a kill can hit a refresh. */
const TOKEN_DELAY_MS = 60;
const SLUG = "kills";

const Me = z.object({ session: z.object({ csrfToken: z.string() }) });
const Begun = z.object({ to: z.string() });
const State = z.object({ state: z.string(), reason: z.string().nullable() });
const Stats = z.object({ refreshes: z.int(), cutOff: z.int() });
const Answer = z.object({ result: z.object({ isError: z.boolean().optional() }).optional() });

let upstream: Awaited<ReturnType<typeof startProtectedUpstream>>;
let gateway: LocalGateway;
let workspace: { gatewayUrl: string; token: string };
/** The headers of the owner's browser. */
let browser: Record<string, string>;

beforeAll(async () => {
  upstream = await startProtectedUpstream();
  const settings = { expiresIn: LIFETIME_MS / 1_000, tokenDelayMs: TOKEN_DELAY_MS };
  for (const name of SERVERS) {
    const body = JSON.stringify({ ...settings, isGraceful: GRACEFUL.includes(name) });
    await fetch(`${upstream.url}/${name}/control`, { method: "POST", body });
  }
  gateway = await startLocalGateway();
  const servers = SERVERS.map((slug) => ({
    slug,
    url: `${upstream.url}/${slug}/mcp`,
    prefix: toPrefix(slug),
  }));
  workspace = await createOpenWorkspace(gateway.api, SLUG, servers);
  await manage(gateway.api, "POST", `/workspaces/${SLUG}/members`, { name: "Ada" });
  await gateway.pause();
  const cookie = await insertOwner(gateway.stateDir);
  await gateway.resume();
  const me = await fetch(`${gateway.api.apiUrl}/me`, { headers: { cookie } });
  const { session } = Me.parse(await me.json());
  const origin = new URL(gateway.api.apiUrl).origin;
  browser = { cookie, origin, "sec-fetch-site": "same-origin", "x-csrf-token": session.csrfToken };
  for (const name of SERVERS) await signIn(name);
}, 120_000);

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

test(
  `no sign-in is lost when the gateway is killed ${KILLS} times while it refreshes tokens, unless the provider takes back the old refresh token at once, which is named`,
  { timeout: 60_000 + KILLS * 20_000 },
  async () => {
    for (const name of SERVERS) await expect.poll(() => call(name)).toBe("ok");
    const lost: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await setTimeout(LIFETIME_MS);
      const before = await sum("refreshes");
      const calls = SERVERS.map((name) => call(name).catch(() => "cut off"));
      while ((await sum("refreshes")) === before);
      await setTimeout(Math.random() * TOKEN_DELAY_MS);
      for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
      await Promise.all(calls);
      await gateway.pause();
      await gateway.resume();
      const after = await Promise.all(
        SERVERS.map(async (name) => ({ name, outcome: await call(name) })),
      );
      for (const { name, outcome } of after.filter(({ outcome }) => outcome !== "ok")) {
        expect({ name, outcome, ...(await readState(name)) }).toEqual({
          name: expect.stringMatching(/^strict/),
          outcome: expect.stringContaining("needs a new sign-in"),
          state: "needs_sign_in",
          reason: "rotated_elsewhere",
        });
        lost.push(name);
        await signIn(name);
        expect(await call(name)).toBe("ok");
      }
    }
    const cutOff = await sum("cutOff");
    console.info(
      `${KILLS} kills cut off ${cutOff} refreshes; strict providers lost ${lost.length}`,
    );
    // Kills have met refreshes: before the provider's answer, or after it and before it was stored.
    expect(cutOff + lost.length).toBeGreaterThan(0);
  },
);

/** Makes the member an owner who is signed in, in a browser with the cookie that is returned. */
async function insertOwner(stateDir: string): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  const database = await openD1File(stateDir);
  const now = Date.now();
  const insert = (table: string, row: Record<string, string | number | null>) => {
    const names = Object.keys(row);
    const marks = names.map(() => "?").join(", ");
    const sql = `INSERT INTO ${table} (${names.join(", ")}) VALUES (${marks})`;
    database.prepare(sql).run(...Object.values(row));
  };
  insert("users", { id: "usr_ada", name: "Ada", is_founder: 0, created_at: now });
  database.exec("UPDATE members SET user_id = 'usr_ada', role = 'owner'");
  insert("sessions", {
    id: "ses_ada",
    digest: createHash("sha256").update(secret).digest("hex"),
    user_id: "usr_ada",
    method: "passkey",
    user_agent: "",
    created_at: now,
    last_seen_at: now,
    expires_at: now + 3_600_000,
    // Stays recent enough for sign-ins at servers, however long the kills take.
    stepped_up_at: now + 3_600_000,
  });
  database.close();
  return `__Host-mng_s=${secret}`;
}

/** The prefix of the names of a server's tools. */
function toPrefix(name: string): string {
  return name.replace("-", "");
}

/** The owner signs the gateway in at a server. */
async function signIn(name: string): Promise<void> {
  const api = `${gateway.api.apiUrl}/workspaces/${SLUG}/servers/${name}/connection`;
  const headers = { ...browser, "content-type": "application/json" };
  const begun = await fetch(api, { method: "POST", headers, body: "{}" });
  const { to } = Begun.parse(await begun.json());
  const consent = await fetch(to, { redirect: "manual" });
  const back = consent.headers.get("location") ?? "";
  const ended = await fetch(back, { headers: browser, redirect: "manual" });
  if (ended.status !== 303) throw new Error(await ended.text());
}

/** Calls the tool of a server: `ok`, or the response that has failed. */
async function call(name: string): Promise<string> {
  const response = await fetch(workspace.gatewayUrl, {
    method: "POST",
    headers: {
      authorization: `Bearer ${workspace.token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: `${toPrefix(name)}_secret` },
    }),
  });
  const text = await response.text();
  const { result } = Answer.parse(JSON.parse(text));
  return result && result.isError !== true ? "ok" : text;
}

/** What all authorization servers together have counted. */
async function sum(count: "refreshes" | "cutOff"): Promise<number> {
  const counts = await Promise.all(
    SERVERS.map(async (name) =>
      Stats.parse(await (await fetch(`${upstream.url}/${name}/stats`)).json()),
    ),
  );
  return counts.reduce((total, stats) => total + stats[count], 0);
}

async function readState(name: string) {
  return State.parse(
    await manage(gateway.api, "GET", `/workspaces/${SLUG}/servers/${name}/connection`),
  );
}
