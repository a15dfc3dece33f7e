// node test/bench/serve.ts [--sign-ins] <upstream URL>…: the production bundle with a workspace `bench` over these upstreams.
// Prints one line of JSON with the address for a load program, and runs until it is stopped. `--sign-ins`: also with
// other ways to the same upstreams, a client's OAuth grant, a sign-in of the gateway at them, and that of a person, and with few
// and many people, teams and rules, in `others`.
import { parseArgs } from "node:util";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { DashboardUser } from "../fixtures/dashboard-user.ts";
import { makeGrant } from "../fixtures/grant.ts";
import { createOpenWorkspace, startLocalGateway } from "../fixtures/local-gateway.ts";
import { childrenOf } from "./processes.ts";

const CLIENT = { id: "bench", secret: "a-secret" };
const Begun = z.object({ to: z.string() });
const Made = z.object({ id: z.string() });
const MadeToken = z.object({ token: z.string() });

const { values, positionals: upstreams } = parseArgs({
  options: { "sign-ins": { type: "boolean" } },
  allowPositionals: true,
});
if (upstreams.length === 0)
  throw new Error("usage: node test/bench/serve.ts [--sign-ins] <upstream URL>…");

const gateway = await startLocalGateway({ CLIENT_ADDRESS_HEADER: "cf-connecting-ip" });
const servers = upstreams.map((url, index) => ({ slug: `u${index + 1}`, url }));
const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, "bench", servers);
const guarded = servers.map((server) => ({
  ...server,
  url: new URL("/guarded/mcp", server.url).href,
}));
console.log(
  JSON.stringify({
    name: "mcpnest",
    url: gatewayUrl,
    headers: { authorization: `Bearer ${token}` },
    // workerd, which runs the bundle. This process only starts it and does not take part in calls.
    pids: childrenOf(process.pid),
    fixtures: upstreams.map((url) => new URL("/stats", url).href),
    rotateIpHeader: "cf-connecting-ip",
    others: values["sign-ins"]
      ? [
          await openGrant(),
          await openStatic(),
          await openSignedIn(),
          await openPersonal(),
          await openTeams("few rules", { people: 1, teams: 1, rulesEach: 6 }),
          await openTeams("many rules", { people: 500, teams: 40, rulesEach: 50 }),
        ]
      : [],
  }),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.removeAllListeners(signal);
  process.once(signal, () => void gateway.stop().finally(() => process.exit(0)));
}

/** A workspace whose upstreams are called with the account of each person, and a static token of one of them. */
async function openPersonal() {
  const slug = "bench-personal";
  const workspace = await createOpenWorkspace(gateway.api, slug, guarded);
  const person = await DashboardUser.join(gateway.api, slug);
  const path = `/workspaces/${slug}`;
  for (const server of guarded) {
    const place = `${path}/servers/${server.slug}`;
    await manage(gateway.api, "PATCH", place, { perPerson: { kind: "sign_in" } });
    const begun = await person.send("POST", `${place}/connection`, { client: CLIENT });
    const ended = await person.open(Begun.parse(JSON.parse(begun.text)).to);
    if (!ended.location.startsWith("/w/")) throw new Error(`not connected: ${ended.text}`);
  }
  const { id: memberId } = Made.parse(JSON.parse((await person.send("GET", `${path}/me`)).text));
  const input = { label: "bench", memberId };
  const made = MadeToken.parse(await manage(gateway.api, "POST", `${path}/tokens`, input));
  return {
    name: "account of a person",
    url: workspace.gatewayUrl,
    headers: { authorization: `Bearer ${made.token}` },
  };
}

/**
 * A workspace with people, teams with rules for single tools, and the token of a person who is in a quarter of the teams, at
 * least in the first one, which may call all.
 */
async function openTeams(
  name: string,
  { people, teams, rulesEach }: { people: number; teams: number; rulesEach: number },
) {
  const slug = `bench-${name.replace(" ", "-")}`;
  const workspace = await createOpenWorkspace(gateway.api, slug, servers);
  const path = `/workspaces/${slug}`;
  const make = async (place: string, body: unknown) =>
    Made.parse(await manage(gateway.api, "POST", `${path}/${place}`, body)).id;
  const members: string[] = [];
  for (let i = 0; i < people; i += 1) members.push(await make("members", { name: `P${i}` }));
  const [memberId = "", ...others] = members;
  for (let i = 0; i < teams; i += 1) {
    const memberIds = others.filter((_, position) => position % teams === i);
    if (i % 4 === 0) memberIds.push(memberId);
    const id = await make("teams", { name: `T${i}`, memberIds });
    const all = i === 0 ? servers.map((server) => `${server.slug}:*`) : [];
    const single = Array.from({ length: rulesEach - all.length }, (_, n) => `u1:tool_${i}_${n}`);
    await manage(gateway.api, "PUT", `${path}/teams/${id}/rules`, { rules: [...all, ...single] });
  }
  await manage(gateway.api, "PATCH", path, { enforcement: true, defaultAccess: "closed" });
  const made = MadeToken.parse(
    await manage(gateway.api, "POST", `${path}/tokens`, { label: "bench", memberId }),
  );
  return {
    name,
    url: workspace.gatewayUrl,
    headers: { authorization: `Bearer ${made.token}` },
  };
}

/** The same workspace for a client that its person has signed in. */
async function openGrant() {
  const { origin } = new URL(gateway.api.apiUrl.replace("127.0.0.1", "localhost"));
  const person = await DashboardUser.join(gateway.api, "bench");
  const accessToken = await makeGrant(origin, person, "bench");
  const url = gatewayUrl.replace("/api/gw/", "/mcp/");
  return { name: "OAuth client", url, headers: { authorization: `Bearer ${accessToken}` } };
}

/** A workspace with a static token, whose upstreams are called with a static header. */
async function openStatic() {
  const slug = "bench-static";
  const credentials = { authorization: "Bearer an-access-token" };
  const withHeader = guarded.map((server) => ({ ...server, credentials }));
  const workspace = await createOpenWorkspace(gateway.api, slug, withHeader);
  return {
    name: "static header",
    url: workspace.gatewayUrl,
    headers: { authorization: `Bearer ${workspace.token}` },
  };
}

/** A workspace with a static token, whose upstreams are called with the tokens of a sign-in. */
async function openSignedIn() {
  const slug = "bench-signed-in";
  const workspace = await createOpenWorkspace(gateway.api, slug, guarded);
  for (const server of guarded) {
    const path = `/workspaces/${slug}/servers/${server.slug}/connection`;
    await manage(gateway.api, "PUT", path, { client: CLIENT });
  }
  return {
    name: "signed in",
    url: workspace.gatewayUrl,
    headers: { authorization: `Bearer ${workspace.token}` },
  };
}
