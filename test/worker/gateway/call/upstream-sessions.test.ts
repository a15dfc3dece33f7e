import { describe, expect, test } from "vitest";
import { callTool, change, makeWorkspace, post } from "../../support/gateway-client.ts";

describe("upstream sessions", () => {
  test("a stateful server's session is opened once per member and shared by the member's calls", async () => {
    const client = await makeWorkspace("stateful", { s: "/session/many" });
    const sessions = [];
    for (let i = 0; i < 3; i++)
      sessions.push((await callTool(client, "echo")).message.result.content[0].text.split(" ")[1]);
    expect(new Set(sessions).size).toBe(1);
  });

  test("two members never share an upstream session, and two calls on one session never share an id", async () => {
    const one = await makeWorkspace("two-people", { s: "/session/many" });
    const { token } = await change("two-people", {
      type: "token.create",
      input: { label: "second" },
    });
    const call = async (client: { slug: string; token: string }) => {
      const response = await post(client, {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "echo" },
      });
      const message = JSON.parse(await response.text());
      expect(message.id).toBe(1);
      return message.result.content[0].text.split(" ");
    };
    const [a, b, c] = [await call(one), await call({ slug: "two-people", token }), await call(one)];
    expect(a[1]).not.toBe(b[1]);
    expect(a[1]).toBe(c[1]);
    expect(a[3]).not.toBe(c[3]);
  });

  test.each(["once", "restarts"])(
    "a session that the server has lost is renewed once, and the call succeeds: %s",
    async (lives) => {
      const client = await makeWorkspace(`forgetful-${lives}`, { s: `/session/${lives}` });
      for (let i = 0; i < 3; i++)
        expect((await callTool(client, "echo")).message.result?.content[0].text).toContain(
          "session",
        );
    },
  );
});
