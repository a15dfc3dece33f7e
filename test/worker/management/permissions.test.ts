import { beforeAll, describe, expect, test } from "vitest";
import { management } from "../../../workers/management/management.ts";
import { PERMISSIONS } from "../../../workers/management/permissions.ts";
import { type Browser, makeOwner, makeJoinedUser } from "../support/browser.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

// The permissions, written by hand: each line has the roles that are allowed to use its routes.
const ALL_CALLERS = "owner admin auditor member operator ownerKey adminKey auditorKey memberKey";
const READERS = "owner admin auditor operator ownerKey adminKey auditorKey";
const ADMINS = "owner admin operator ownerKey adminKey";
const OWNERS = "owner operator ownerKey";
const MEMBERS = "owner admin member";
const PEOPLE = "owner admin auditor member stranger";

const MATRIX: [allowed: string, routes: string][] = [
  [ALL_CALLERS, "GET /workspaces/W; GET /workspaces/W/servers; GET /workspaces/W/servers/x"],
  [ALL_CALLERS, "GET /workspaces/W/access/explain"],
  [READERS, "GET /workspaces/W/access/suggestions"],
  [ALL_CALLERS, "GET /workspaces/W/health; GET /workspaces/W/servers/x/tools"],
  [ALL_CALLERS, "GET /workspaces/W/servers/x/tool-catalogue"],
  [MEMBERS, "GET /workspaces/W/me; GET /workspaces/W/me/tools; GET /workspaces/W/me/usage"],
  [MEMBERS, "GET /workspaces/W/me/tokens; POST /workspaces/W/me/tokens"],
  [MEMBERS, "POST /workspaces/W/me/tokens/x/rotate; DELETE /workspaces/W/me/tokens/x"],
  [MEMBERS, "GET /workspaces/W/me/tool-calls; GET /workspaces/W/me/tool-calls/counts"],
  [MEMBERS, "GET /workspaces/W/me/tool-calls/values"],
  ["owner admin auditor member", "GET /workspaces/W/me/audit-views"],
  ["owner admin auditor member", "POST /workspaces/W/me/audit-views"],
  ["owner admin auditor member", "DELETE /workspaces/W/me/audit-views/x"],
  [MEMBERS, "PATCH /workspaces/W/me/tokens/x; GET /workspaces/W/me/tokens/x/connection"],
  [MEMBERS, "POST /workspaces/W/me/temporary-tokens; DELETE /workspaces/W/me/temporary-tokens/x"],
  [MEMBERS, "GET /workspaces/W/me/accounts; POST /workspaces/W/me/accounts/x"],
  [MEMBERS, "PUT /workspaces/W/me/accounts/x/key; DELETE /workspaces/W/me/accounts/x"],
  [MEMBERS, "GET /workspaces/W/me/getting-started; PATCH /workspaces/W/me/getting-started"],
  [READERS, "GET /workspaces/W/audit-events/people"],
  [OWNERS, "GET /workspaces/W/retention-preview"],
  [MEMBERS, "GET /workspaces/W/me/usage/totals; GET /workspaces/W/me/usage/refusals"],
  [READERS, "GET /workspaces/W/tool-calls; GET /workspaces/W/tool-calls/export"],
  [READERS, "GET /workspaces/W/tool-calls/counts; GET /workspaces/W/tool-calls/values"],
  [READERS, "GET /workspaces/W/audit-events; GET /workspaces/W/audit-events/export"],
  [READERS, "GET /workspaces/W/usage; GET /workspaces/W/usage/totals"],
  [READERS, "GET /workspaces/W/usage/refusals; GET /workspaces/W/tools"],
  [READERS, "GET /workspaces/W/tokens; GET /workspaces/W/refused-tokens"],
  [READERS, "GET /workspaces/W/api-keys; GET /workspaces/W/blocked-clients"],
  [READERS, "GET /workspaces/W/members/x/rules; GET /workspaces/W/invitations"],
  [READERS, "GET /workspaces/W/members; GET /workspaces/W/members/x"],
  [READERS, "GET /workspaces/W/instances; GET /workspaces/W/instances/x"],
  [READERS, "GET /workspaces/W/instances/x/versions"],
  [READERS, "GET /workspaces/W/instances/x/logs; GET /workspaces/W/instance-usage"],
  [ADMINS, "POST /workspaces/W/tokens; DELETE /workspaces/W/tokens/x"],
  [ADMINS, "POST /workspaces/W/tokens/x/rotate; PATCH /workspaces/W/tokens/x"],
  [ADMINS, "PUT /workspaces/W/tokens/x/suspension; DELETE /workspaces/W/tokens/x/suspension"],
  [ADMINS, "PUT /workspaces/W/members/x/suspension; DELETE /workspaces/W/members/x/suspension"],
  [ADMINS, "PUT /workspaces/W/stop; DELETE /workspaces/W/stop"],
  [ADMINS, "POST /workspaces/W/blocked-clients; DELETE /workspaces/W/blocked-clients/x"],
  [ADMINS, "POST /workspaces/W/api-keys; DELETE /workspaces/W/api-keys/x"],
  [READERS, "GET /workspaces/W/teams; GET /workspaces/W/teams/x"],
  [ADMINS, "POST /workspaces/W/teams; PATCH /workspaces/W/teams/x"],
  [ADMINS, "DELETE /workspaces/W/teams/x; PATCH /workspaces/W/teams/x/members"],
  [ADMINS, "PUT /workspaces/W/teams/x/rules; POST /workspaces/W/teams/x/rules/copy"],
  [OWNERS, "GET /workspaces/W/assertion-issuers; POST /workspaces/W/assertion-issuers"],
  [OWNERS, "PATCH /workspaces/W/assertion-issuers/x; DELETE /workspaces/W/assertion-issuers/x"],
  [OWNERS, "GET /workspaces/W/assertion-issuers/x/identities"],
  [OWNERS, "PUT /workspaces/W/assertion-issuers/x/identities/x"],
  [OWNERS, "DELETE /workspaces/W/assertion-issuers/x/identities/x"],
  [ADMINS, "PUT /workspaces/W/members/x/rules"],
  [ADMINS, "POST /workspaces/W/members/x/rules/copy; PATCH /workspaces/W/rules"],
  [ADMINS, "POST /workspaces/W/access-preview; PATCH /workspaces/W"],
  [ADMINS, "POST /workspaces/W/servers; PATCH /workspaces/W/servers/x"],
  [ADMINS, "DELETE /workspaces/W/servers/x"],
  [ADMINS, "POST /workspaces/W/servers/x/check"],
  [READERS, "GET /workspaces/W/servers/x/contract; GET /workspaces/W/contracts"],
  [READERS, "POST /workspaces/W/servers/x/contract/skill-files; GET /workspaces/W/mcp.lock"],
  [ADMINS, "PATCH /workspaces/W/servers/x/contract; PUT /workspaces/W/mcp.lock"],
  [ADMINS, "POST /workspaces/W/servers/x/contract/approve"],
  [ADMINS, "POST /workspaces/W/servers/x/contract/refuse"],
  [READERS, "GET /workspaces/W/servers/x/connection"],
  [ADMINS, "POST /workspaces/W/servers/x/connection; PUT /workspaces/W/servers/x/connection"],
  [ADMINS, "DELETE /workspaces/W/servers/x/connection"],
  [READERS, "GET /workspaces/W/servers/x/accounts"],
  [ADMINS, "DELETE /workspaces/W/servers/x/accounts/x"],
  [ADMINS, "POST /workspaces/W/servers/x/prefix-preview"],
  [ADMINS, "POST /workspaces/W/server-tests; PUT /workspaces/W/servers-order"],
  [ADMINS, "POST /workspaces/W/members; PATCH /workspaces/W/members/x"],
  [ADMINS, "DELETE /workspaces/W/members/x"],
  ["owner auditor operator ownerKey auditorKey", "GET /workspaces/W/identity-issuers"],
  [OWNERS, "POST /workspaces/W/identity-issuers; PATCH /workspaces/W/identity-issuers/x"],
  [OWNERS, "DELETE /workspaces/W/identity-issuers/x"],
  [OWNERS, "POST /workspaces/W/identity-issuers/x/test; GET /workspaces/W/identity-issuers/x/test"],
  ["owner auditor operator ownerKey auditorKey", "GET /workspaces/W/scim"],
  [READERS, "GET /workspaces/W/scim/members"],
  [OWNERS, "POST /workspaces/W/scim/tokens; DELETE /workspaces/W/scim/tokens/x"],
  [READERS, "GET /workspaces/W/agents; GET /workspaces/W/agents/x"],
  [ADMINS, "POST /workspaces/W/agents; PATCH /workspaces/W/agents/x"],
  [ADMINS, "DELETE /workspaces/W/agents/x; POST /workspaces/W/agents/x/trust-rules"],
  [ADMINS, "PATCH /workspaces/W/agents/x/trust-rules/x"],
  [ADMINS, "DELETE /workspaces/W/agents/x/trust-rules/x"],
  [ADMINS, "POST /workspaces/W/invitations; DELETE /workspaces/W/invitations/x"],
  [ADMINS, "POST /workspaces/W/instances; DELETE /workspaces/W/instances/x"],
  [ADMINS, "POST /workspaces/W/instances/x/restart; POST /workspaces/W/instances/x/version"],
  [ADMINS, "POST /workspaces/W/instances/x/version-comparison"],
  [MEMBERS, "POST /workspaces/W/server-requests; GET /workspaces/W/me/server-requests"],
  [MEMBERS, "DELETE /workspaces/W/me/server-requests/x"],
  [MEMBERS, "PUT /workspaces/W/me/server-requests-seen"],
  [MEMBERS, "POST /workspaces/W/me/access-requests; GET /workspaces/W/me/access-requests"],
  [MEMBERS, "DELETE /workspaces/W/me/access-requests/x"],
  [READERS, "GET /workspaces/W/access-requests"],
  [READERS, "GET /workspaces/W/alerts; GET /workspaces/W/alert-channels"],
  [ADMINS, "POST /workspaces/W/alert-channels; PATCH /workspaces/W/alert-channels/x"],
  [ADMINS, "DELETE /workspaces/W/alert-channels/x; POST /workspaces/W/alert-channels/x/test"],
  ["owner admin auditor member", "GET /workspaces/W/me/alert-choices"],
  ["owner admin auditor member", "PUT /workspaces/W/me/alert-choices"],
  [ADMINS, "POST /workspaces/W/access-requests/x/decision"],
  [READERS, "GET /workspaces/W/server-requests; GET /workspaces/W/fleet-pack"],
  [ADMINS, "POST /workspaces/W/server-requests/x/decision"],
  [READERS, "GET /workspaces/W/followed-registries; GET /workspaces/W/followed-registries/x"],
  [READERS, "GET /workspaces/W/followed-servers"],
  [ADMINS, "POST /workspaces/W/followed-registries; PATCH /workspaces/W/followed-registries/x"],
  [ADMINS, "DELETE /workspaces/W/followed-registries/x"],
  [ADMINS, "POST /workspaces/W/followed-registries/x/runs"],
  [ADMINS, "POST /workspaces/W/followed-registries/x/approvals"],
  [READERS, "GET /workspaces/W/versions; GET /workspaces/W/versions/x"],
  [READERS, "GET /workspaces/W/versions/x/comparison; GET /workspaces/W/configuration"],
  [ADMINS, "POST /workspaces/W/versions/x/restore; PUT /workspaces/W/configuration"],
  [OWNERS, "DELETE /workspaces/W"],
  // And users who manage the hosts: host-managers.test.ts.
  ["operator", "GET /hosts; POST /hosts; PATCH /hosts/x; DELETE /hosts/x; POST /hosts/x/check"],
  ["operator", "PUT /workspaces/W/hosting-plan"],
  [`${ALL_CALLERS} stranger`, "GET /hosting-catalogue"],
  ["operator", "POST /marketplace/imports; GET /marketplace/sources; GET /marketplace/runs"],
  ["operator", "GET /marketplace/signals"],
  ["operator", "PUT /marketplace/sources/x; DELETE /marketplace/sources/x"],
  ["operator", "POST /marketplace/sources/x/runs; GET /marketplace/runs/x/rejections"],
  // And users who curate the marketplace: marketplace-curation.test.ts.
  ["operator", "PUT /marketplace/collections/x; DELETE /marketplace/collections/x"],
  ["operator", "GET /marketplace/weeks; PUT /marketplace/weeks/x; DELETE /marketplace/weeks/x"],
  ["operator", "GET /marketplace/hidden-servers; GET /marketplace/reports"],
  ["operator", "PUT /marketplace/hidden-servers/x/x; DELETE /marketplace/hidden-servers/x/x"],
  ["operator", "POST /marketplace/reports/x/decision"],
  ["operator", "GET /marketplace/claims; DELETE /marketplace/claims/x"],
  [PEOPLE, "GET /workshop/generate; POST /workshop/generate"],
  [PEOPLE, "GET /marketplace/publishers/x/claim; POST /marketplace/publishers/x/claim"],
  [PEOPLE, "POST /marketplace/publishers/x/claim/checks"],
  [PEOPLE, "DELETE /marketplace/publishers/x/claim"],
  [PEOPLE, "GET /marketplace/publications; POST /marketplace/publications"],
  [PEOPLE, "PUT /marketplace/publications/x/x/status"],
  [PEOPLE, "POST /marketplace/publications/x/x/hand-ons"],
  [PEOPLE, "POST /marketplace/publishing/documents"],
  [PEOPLE, "POST /marketplace/publishing/github; PUT /marketplace/publishing/github"],
  [PEOPLE, "GET /marketplace/publishing/namespaces/x; POST /marketplace/publishing/namespaces/x"],
  [PEOPLE, "POST /marketplace/publishing/namespaces/x/proofs"],
  [PEOPLE, "POST /workshop/check-endpoints"],
  [PEOPLE, "POST /workshop/shares; GET /workshop/shares; DELETE /workshop/shares/x"],
  ["operator", "POST /marketplace/servers/x/x/probes"],
  ["operator", "GET /users; PATCH /users/x; POST /users/x/recovery-links; POST /setup-links"],
  ["operator", "GET /audit-events; GET /health"],
  [`${ALL_CALLERS} stranger`, "GET /workspaces; POST /workspaces"],
  [PEOPLE, "GET /me; PATCH /me; GET /me/sessions; DELETE /me/sessions/x; DELETE /me/sessions"],
  [PEOPLE, "POST /me/step-up/options; POST /me/step-up; POST /me/invitations"],
  [PEOPLE, "GET /me/passkeys; POST /me/passkeys/options; POST /me/passkeys"],
  [PEOPLE, "PATCH /me/passkeys/x; DELETE /me/passkeys/x; POST /me/recovery-codes"],
  [PEOPLE, "DELETE /me/session; POST /me/company; POST /me/company/step-up"],
  [PEOPLE, "GET /oauth/authorization; POST /oauth/authorization"],
];

/** The sign-in routes: no caller is refused because of its role. */
const PUBLIC = `GET /openapi.json; GET /auth; POST /auth/passkey/options; POST /auth/passkey;
  POST /auth/recovery-code; POST /auth/access; POST /auth/link; POST /auth/link/passkey/options;
  POST /auth/link/passkey; POST /auth/link/access; POST /auth/company; GET /auth/company/callback`;

/** The marketplace, which visitors read without a session: marketplace-search.test.ts. */
const VISITORS = `GET /marketplace/servers; GET /marketplace/servers/x/x;
  GET /marketplace/search-summary; GET /marketplace/trending; GET /marketplace/freshness;
  GET /marketplace/servers/x/x/versions; GET /marketplace/servers/x/x/comparison;
  GET /marketplace/servers/x/x/drift; GET /marketplace/publishers/x; GET /marketplace/publishers/x/history; GET /marketplace/servers/x/x/readme;
  GET /marketplace/servers/x/x/installs; POST /marketplace/servers/x/x/installs; POST /workshop/check; POST /workshop/entries;
  GET /marketplace/collections; GET /marketplace/collections/x;
  GET /workshop/shares/x; GET /marketplace/server-of-the-week; POST /marketplace/servers/x/x/reports`;

const split = (routes: string) => routes.split(";").map((route) => route.trim());
const WORKSPACE = "matrix";
const GONE = "There is no such workspace.";

/** The routes that the router has, with names in place of parameters. */
function routesOfRouter(): string[] {
  const routes = management.routes.filter(
    ({ method, path }) => method !== "ALL" && !path.endsWith("*"),
  );
  const named = routes.map(({ method, path }) => {
    const filled = path.replace(":workspace", "W").replaceAll(/:\w+/g, "x");
    return `${method} ${filled.replace(/(?<=.)\/$/, "")}`;
  });
  return [...new Set(named)];
}

type Caller = (method: string, path: string, body?: unknown) => ReturnType<typeof manage>;
const callers: Record<string, Caller> = {};
const browsers: Record<string, Browser> = {};

beforeAll(async () => {
  browsers["owner"] = await makeOwner(WORKSPACE);
  browsers["admin"] = (await makeJoinedUser(WORKSPACE, "admin")).browser;
  browsers["auditor"] = (await makeJoinedUser(WORKSPACE, "auditor")).browser;
  browsers["member"] = (await makeJoinedUser(WORKSPACE, "member")).browser;
  await manage("POST", "/workspaces", { slug: "elsewhere", name: "Elsewhere" });
  browsers["stranger"] = (await makeJoinedUser("elsewhere", "admin")).browser;
  for (const [name, browser] of Object.entries(browsers)) {
    callers[name] = (method, path, body) => browser.send(method, path, body);
  }
  callers["operator"] = manage;
  for (const role of ["owner", "admin", "auditor", "member"]) {
    const made = await manage("POST", `/workspaces/${WORKSPACE}/api-keys`, { label: role, role });
    callers[`${role}Key`] = (method, path, body) =>
      manage(method, path, body, {
        headers: {
          authorization: `Bearer ${made.body.key}`,
          "content-type": "application/json",
        },
      });
  }
});

function callAs(caller: string, route: string) {
  const [method = "", path = ""] = route.split(" ");
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  return callers[caller]?.(method, path.replace("/W", `/${WORKSPACE}`), body);
}

test("the permission matrix lists every route of the router and no other", () => {
  const listed = [
    ...MATRIX.flatMap(([, routes]) => split(routes)),
    ...split(PUBLIC),
    ...split(VISITORS),
  ];
  expect(routesOfRouter().toSorted()).toEqual(listed.toSorted());
});

function expectedFor(caller: string, route: string, allowed: string): string {
  if (allowed.split(" ").includes(caller)) return "let through";
  return caller === "stranger" && route.includes("/W") ? "404 not_found" : "403 forbidden";
}

describe.each([...ALL_CALLERS.split(" "), "stranger"])("the permissions of %s", (caller) => {
  test.each(MATRIX.flatMap(([allowed, routes]) => split(routes).map((route) => [route, allowed])))(
    `${caller} gets %s allowed or refused as the matrix says`,
    async (route, allowed) => {
      const response = await callAs(caller, route);
      if (!response) throw new Error(`there is no ${caller}`);
      const browser = browsers[caller];
      // The request ended the session.
      if (browser && route.startsWith("DELETE /me/session")) await browser.signIn();
      const outcome =
        [401, 403].includes(response.status) || response.body?.error?.message === GONE
          ? refusalOf(response).replace(/: .*/, "")
          : "let through";
      expect(outcome).toBe(expectedFor(caller, route, allowed));
    },
  );
});

test("a caller without a session reaches the sign-in routes only", async () => {
  for (const [, routes] of MATRIX) {
    for (const route of split(routes)) {
      const [method = "", path = ""] = route.split(" ");
      const url = path.replace("/W", `/${WORKSPACE}`);
      const response = await manage(method, url, undefined, { headers: {} });
      expect(refusalOf(response)).toMatch(/^401 unauthorized: Sign in, or send a key/);
    }
  }
});

test("a route without a permission is refused to every caller", async () => {
  const route = "GET /workspaces/:workspace/members";
  const permission = PERMISSIONS[route];
  if (!permission) throw new Error("the route is not in the table");
  delete PERMISSIONS[route];
  for (const caller of ["owner", "operator", "ownerKey"]) {
    const response = await callAs(caller, "GET /workspaces/W/members");
    expect(response && refusalOf(response)).toMatch(
      /^403 forbidden: This route has no permission entry/,
    );
  }
  PERMISSIONS[route] = permission;
  expect((await callAs("owner", "GET /workspaces/W/members"))?.status).toBe(200);
});

describe("actions of owners only", () => {
  test("an admin and an admin's key cannot do an owner's action, whatever else the request holds", async () => {
    const path = `/workspaces/${WORKSPACE}`;
    const { items } = (await manage("GET", `${path}/members`)).body;
    const ownerId = items.find((member: Json) => member.role === "owner").id;
    const memberId = items.find((member: Json) => member.role === "member").id;
    const auditorId = items.find((member: Json) => member.role === "auditor").id;
    const requests: [string, string, unknown?][] = [
      ["PATCH", path, { name: "Renamed" }],
      ["PATCH", path, { enforcement: true, retentionDays: 1 }],
      ["POST", `${path}/members`, { name: "X", role: "owner" }],
      ["PATCH", `${path}/members/${memberId}`, { role: "owner" }],
      ["PATCH", `${path}/members/${ownerId}`, { role: "member" }],
      ["DELETE", `${path}/members/${ownerId}`],
      ["POST", `${path}/invitations`, { name: "X", role: "owner" }],
      ["POST", `${path}/api-keys`, { label: "x", role: "owner" }],
      ["PUT", `${path}/members/${ownerId}/suspension`, {}],
      ["POST", `${path}/members`, { name: "X", role: "auditor" }],
      ["PATCH", `${path}/members/${memberId}`, { role: "auditor" }],
      ["PATCH", `${path}/members/${auditorId}`, { role: "member" }],
      ["PUT", `${path}/members/${auditorId}/suspension`, {}],
      ["DELETE", `${path}/members/${auditorId}`],
      ["POST", `${path}/invitations`, { name: "X", role: "auditor" }],
      ["POST", `${path}/api-keys`, { label: "x", role: "auditor" }],
    ];
    for (const caller of ["admin", "adminKey"]) {
      for (const [method, url, body] of requests) {
        const response = await callers[caller]?.(method, url, body);
        if (!response) throw new Error("there is no such caller");
        expect(refusalOf(response), `${caller} ${method} ${url}`).toMatch(/^403 forbidden: /);
      }
    }
    expect((await manage("GET", `${path}/members`)).body.items).toEqual(items);
  });

  test("an admin can do the same for members and admins", async () => {
    const path = `/workspaces/${WORKSPACE}`;
    const admin = browsers["admin"];
    const made = await admin?.send("POST", `${path}/members`, { name: "New" });
    const url = `${path}/members/${made?.body.id}`;
    expect((await admin?.send("PATCH", url, { role: "admin" }))?.body.role).toBe("admin");
    expect((await admin?.send("PATCH", url, { role: "member" }))?.body.role).toBe("member");
    expect((await admin?.send("DELETE", url))?.status).toBe(204);
  });
});
