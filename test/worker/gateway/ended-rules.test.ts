import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { DAY_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import { makeJoinedUser } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import {
  bindings,
  callTool,
  makeMember,
  makeWorkspace,
  rpc,
  waitForRows,
} from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";
import { openSession, openStream } from "../support/notification-streams.ts";

/** A workspace with the server `ok` (tools `echo` and `add`), and Ada in a team that may call `echo` until an instant. */
async function makeTeamWorkspace(slug: string, endsAt: number | null) {
  await makeWorkspace(slug);
  const path = `/workspaces/${slug}`;
  await manage("PATCH", path, { enforcement: true, defaultAccess: "closed" });
  const ada = await makeMember(slug, []);
  const team = (await manage("POST", `${path}/teams`, { name: "Ops", memberIds: [ada.memberId] }))
    .body;
  const rules = { rules: ["ok:echo"], ends: { "ok:echo": endsAt } };
  expect((await manage("PUT", `${path}/teams/${team.id}/rules`, rules)).status).toBe(200);
  return { path, ada, client: { slug, token: ada.token }, teamId: team.id as string };
}

const explain = async (path: string, query: string) =>
  (await manage("GET", `${path}/access/explain?${query}`)).body;

describe("a rule that ends", () => {
  test("is refused from its end on, and the error says by which rule of which team and where to ask", async () => {
    const endsAt = Date.now() + MINUTE_MS;
    const { path, ada, client, teamId } = await makeTeamWorkspace("ends-refused", endsAt);
    const about = `member=${ada.memberId}&server=ok&tool=echo`;
    expect((await callTool(client, "echo")).message.error).toBeUndefined();
    expect(await explain(path, about)).toMatchObject({
      isAllowed: true,
      decision: "rule",
      decidedBy: {
        rule: "ok:echo",
        holder: { kind: "team", id: teamId, name: "Ops" },
        endsAt,
        by: "operator",
      },
    });
    const { error } = await later(
      2 * MINUTE_MS,
      async () => (await callTool(client, "echo")).message,
    );
    expect(error).toMatchObject({
      code: -32003,
      data: {
        reason: "tool_not_allowed",
        access: {
          server: "ok",
          tool: "echo",
          decision: "ended",
          rule: { rule: "ok:echo", holder: { kind: "team", name: "Ops" }, endsAt },
          accessUrl: expect.stringMatching(/\/w\/ends-refused\/my-access\?server=ok&tool=echo$/),
        },
      },
    });
    const never = (await callTool(client, "add")).message.error?.data;
    expect(never.access).toMatchObject({ decision: "none", rule: null });
    const ended = await later(2 * MINUTE_MS, () => explain(path, about));
    expect(ended).toMatchObject({ isAllowed: false, decision: "ended" });
    const kept = (await manage("GET", `${path}/teams/${teamId}`)).body;
    expect(kept.rules).toEqual(["ok:echo"]);
  });

  test("ends a call in flight at its end, and the server's late result does not arrive", async () => {
    const slug = "ends-in-flight";
    await makeWorkspace(slug, { slow: "/call/late/8000" });
    await manage("PATCH", `/workspaces/${slug}`, { enforcement: true });
    const { memberId, token } = await makeMember(slug, ["slow:*"]);
    await rpc({ slug, token }, "tools/list");
    const ends = { "slow:echo": Date.now() + 2_500 };
    const body = { rules: ["slow:echo"], ends };
    const rules = `/workspaces/${slug}/members/${memberId}/rules`;
    expect((await manage("PUT", rules, body)).status).toBe(200);
    const { error } = (await callTool({ slug, token }, "echo")).message;
    expect(error).toMatchObject({ data: { reason: "access_revoked" } });
  });

  test("is left out by a change 30 days later, and not before", async () => {
    const { path, teamId } = await makeTeamWorkspace("ends-cleaned", Date.now() + MINUTE_MS);
    const rulesAfter = (days: number, add: string) =>
      later(days * DAY_MS, async () => {
        const edit = { memberIds: [], teamIds: [teamId], add: [add], remove: [] };
        await manage("PATCH", `${path}/rules`, edit);
        return (await manage("GET", `${path}/teams/${teamId}`)).body.rules;
      });
    expect(await rulesAfter(30, "ok:add")).toEqual(["ok:add", "ok:echo"]);
    expect(await rulesAfter(31, "ok:other")).toEqual(["ok:add", "ok:other"]);
  });

  test("changes the list of a client that listens, when the object's alarm rings", async () => {
    const { client } = await makeTeamWorkspace("ends-notified", Date.now() + MINUTE_MS);
    const stream = await openStream(client, await openSession(client));
    const stub = bindings.WORKSPACES.getByName("ends-notified");
    await later(2 * MINUTE_MS, async () => {
      await runDurableObjectAlarm(stub);
      expect(await stream.waitForMethods()).toContain("tools/list_changed");
      const { message } = await rpc(client, "tools/list");
      expect(message.result.tools).toEqual([]);
    });
    await stream.close();
  });
});

describe("the explanation of access", () => {
  test("names what else refuses a call: a suspension, a disabled server, an unknown tool, a narrowed token", async () => {
    const { path, ada, teamId } = await makeTeamWorkspace("why-refused", null);
    const about = (tool: string) => explain(path, `member=${ada.memberId}&server=ok&tool=${tool}`);
    await manage("PUT", `${path}/teams/${teamId}/rules`, { rules: ["ok:*", "!ok:add"] });
    expect(await about("add")).toMatchObject({
      isAllowed: false,
      decision: "denied",
      decidedBy: { rule: "!ok:add", effect: "denies" },
      others: [{ rule: "ok:*", effect: "allows", isInForce: true }],
    });
    expect((await about("nothing")).obstacles).toEqual(["unknown_tool"]);
    const token = (await manage("GET", `${path}/tokens`)).body.items.find(
      ({ memberId }: Json) => memberId === ada.memberId,
    );
    await manage("PATCH", `${path}/tokens/${token.id}`, { tools: ["ok:add"] });
    expect((await about("echo")).refusedTokens).toEqual([
      { id: token.id, label: "m", cause: "token_tools" },
    ]);
    await manage("PUT", `${path}/members/${ada.memberId}/suspension`, {});
    await manage("PATCH", `${path}/servers/ok`, { enabled: false });
    expect(await about("echo")).toMatchObject({
      isAllowed: false,
      isAllowedByRules: true,
      obstacles: ["member_suspended", "server_disabled"],
    });
  });

  test("tells a member only about itself, and of a server that it may not know as of one that is not there", async () => {
    const { path, ada } = await makeTeamWorkspace("why-own", null);
    const { browser } = await makeJoinedUser("why-own", "member");
    const ask = async (query: string) => browser.send("GET", `${path}/access/explain?${query}`);
    expect((await ask(`member=${ada.memberId}&server=ok`)).status).toBe(404);
    const [hidden, missing] = [
      (await ask("server=ok&tool=echo")).body,
      (await ask("server=zz&tool=echo")).body,
    ];
    expect(hidden).toMatchObject({ isAllowed: false, decision: "none" });
    expect({ ...hidden, server: "zz" }).toEqual(missing);
    expect((await manage("GET", `${path}/access/explain?server=ok`)).status).toBe(404);
  });

  test("suggests the rules that were used, with their ends, for a member and for a team", async () => {
    const endsAt = Date.now() + DAY_MS;
    const { path, ada, client, teamId } = await makeTeamWorkspace("why-least", null);
    await manage("PUT", `${path}/teams/${teamId}/rules`, { rules: ["ok:*"] });
    await callTool(client, "echo");
    await waitForRows("why-least", 1);
    const { items } = (await manage("GET", `${path}/access/suggestions`)).body;
    expect(items.find(({ id }: Json) => id === teamId)).toMatchObject({
      kind: "team",
      allowedTools: 2,
      usedTools: 1,
      rules: ["ok:*"],
      suggestedRules: ["ok:echo"],
      recentRules: ["ok:*"],
    });
    // Her own rules allow nothing: there is nothing to take from them.
    expect(items.find(({ id }: Json) => id === ada.memberId)).toBeUndefined();
    await manage("PUT", `${path}/members/${ada.memberId}/rules`, {
      rules: ["ok:*"],
      ends: { "ok:*": endsAt },
    });
    const { items: later } = (await manage("GET", `${path}/access/suggestions`)).body;
    expect(later.find(({ id }: Json) => id === ada.memberId)).toMatchObject({
      suggestedRules: ["ok:echo"],
      ends: { "ok:echo": endsAt },
    });
  });
});
