import { describe, expect, inject, test } from "vitest";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { callTool, change, type Client } from "../support/gateway-client.ts";
import { beginTask, sendLegacy, TASK_KINDS, waitForStatus } from "../support/tasks.ts";

const KEY = { kind: "key", header: "X-API-Key", template: "{key}" };

/** What the fixture received, by connection. */
interface Sent {
  connection: number;
  authorization: string;
  message: { method?: string };
}

/** A workspace with a server to which each person has a key: clients of Ada and Ben. */
async function makePeople(slug: string, url: string, perPerson: object = KEY) {
  const owner = await makeOwner(slug);
  const path = `/workspaces/${slug}`;
  await owner.send("POST", `${path}/servers`, { slug: "up", url, perPerson });
  const enter = async (name: string): Promise<Client> => {
    const { browser, memberId } = await makeJoinedUser(slug, "member", name);
    await change(slug, { type: "member.rules", id: memberId, rules: ["up:*"] });
    const entered = await browser.send("PUT", `${path}/me/accounts/up/key`, { key: `key-${name}` });
    expect(entered.status).toBe(204);
    const input = { label: "own", memberId };
    return { slug, token: (await change(slug, { type: "token.create", input })).token };
  };
  return { ada: await enter("Ada"), ben: await enter("Ben") };
}

test("each person has connections of their own to an HTTP+SSE server, whose state the other does not see", async () => {
  const slug = "sha-sse";
  const bearer = { kind: "key", header: "Authorization", template: "Bearer {key}" };
  const { ada, ben } = await makePeople(slug, `${inject("pageUrl")}/${slug}`, bearer);
  const textOf = async (client: Client, tool: string, args: Record<string, unknown> = {}) =>
    (await callTool(client, tool, args)).message.result?.content[0].text;
  await textOf(ada, "navigate", { url: "https://ada.example" });
  await textOf(ben, "navigate", { url: "https://ben.example" });
  expect([await textOf(ada, "snapshot"), await textOf(ben, "snapshot")]).toEqual([
    "https://ada.example",
    "https://ben.example",
  ]);
  const response = await fetch(`${inject("pageUrl")}/control/${slug}`);
  const { messages }: { messages: Sent[] } = await response.json();
  const calls = messages.filter(({ message }) => message.method === "tools/call");
  const subjects = new Map<number, Set<string>>();
  for (const { connection, authorization } of calls)
    subjects.set(connection, (subjects.get(connection) ?? new Set()).add(authorization));
  const accounts = [...subjects.values()].map((names) => [...names].join());
  expect(accounts.toSorted()).toEqual(["Bearer key-Ada", "Bearer key-Ben"]);
});

describe.each([
  ["with sessions", TASK_KINDS.legacy],
  ["without sessions", TASK_KINDS["legacy without sessions"]],
  ["over HTTP+SSE", TASK_KINDS["legacy HTTP+SSE"]],
] as const)("tasks of a server %s", (name, kind) => {
  test("run with the account of the person who began them, who alone can reach them", async () => {
    const slug = `sha-task-${name.length}`;
    const { ada, ben } = await makePeople(slug, kind.url);
    const [ofAda, ofBen] = [await beginTask(kind, ada, 50), await beginTask(kind, ben, 50)];
    for (const [person, task, account] of [
      [ada, ofAda, "Ada"],
      [ben, ofBen, "Ben"],
    ] as const) {
      await waitForStatus(kind, person, task, "completed");
      const { message } = await sendLegacy(person, "tasks/result", { taskId: task });
      expect(message.result.content).toEqual([{ type: "text", text: `done for key-${account}` }]);
    }
    for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
      const { message } = await sendLegacy(ben, method, { taskId: ofAda });
      expect([method, message.error?.message]).toEqual([
        method,
        expect.stringContaining("Task not found"),
      ]);
    }
  });
});
