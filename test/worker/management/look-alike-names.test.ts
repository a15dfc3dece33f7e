import { describe, expect, test } from "vitest";
import { change } from "../support/gateway-client.ts";
import { makeListedWorkspace } from "../support/listed-servers.ts";
import { manage } from "../support/management-client.ts";

const warningsOf = async (workspace: string, server: string): Promise<string[]> =>
  (await manage("GET", `/workspaces/${workspace}/servers/${server}/tool-catalogue`)).body.warnings;

describe("names that people read", () => {
  test("a server's page warns about names that look like those of another server, and about mixed scripts", async () => {
    const { add } = await makeListedWorkspace("look-alikes");
    await add("bank", { tools: ["get_balance", "pay"], prompts: ["a11"] }, { name: "Bank" });
    await add(
      "evil",
      { tools: ["get_bаlance", "other"], prompts: ["all"] },
      { name: "Ваnk", prefix: "e" },
    );
    expect(await warningsOf("look-alikes", "evil")).toEqual([
      'The name of this server looks like the name of the server "bank"',
      String.raw`The tool "get_b\u{430}lance" looks like "get_balance" of the server "bank"`,
      'The prompt "all" looks like "a11" of the server "bank"',
      String.raw`The name of this server, "\u{412}\u{430}nk" mixes letters of scripts that look alike: Latin and Cyrillic`,
      String.raw`The tool "get_b\u{430}lance" mixes letters of scripts that look alike: Latin and Cyrillic`,
    ]);
    expect(await warningsOf("look-alikes", "bank")).toEqual([
      'The name of this server looks like the name of the server "evil"',
      String.raw`The tool "get_balance" looks like "get_b\u{430}lance" of the server "evil"`,
      'The prompt "a11" looks like "all" of the server "evil"',
    ]);
  });

  test("a server's page warns about names that differ in separators, and about its own names that look alike", async () => {
    const { add } = await makeListedWorkspace("own-look-alikes");
    await add("mail", { tools: ["send_mail", "get"] }, { name: "Mail" });
    await add(
      "other",
      { tools: ["sendmail", "login", "1ogin", "get"], prompts: ["delete", "clelete"] },
      { name: "Mail.", prefix: "o" },
    );
    expect(await warningsOf("own-look-alikes", "other")).toEqual([
      'The name of this server looks like the name of the server "mail"',
      'The tool "sendmail" looks like "send_mail" of the server "mail"',
      'The tool "login" looks like "1ogin" of this server',
      'The tool "1ogin" looks like "login" of this server',
      'The prompt "delete" looks like "clelete" of this server',
      'The prompt "clelete" looks like "delete" of this server',
    ]);
  });

  test.each([
    "a\u200bb",
    "a\u202eb",
    "a\u001bb",
    "a\nb",
    "\u3164",
    "a\u{e0041}b",
    "a\u2028b",
    "Bank\u2800",
    "\ue000",
    "a\ufdd0",
  ])("the name %j is refused for people, tokens, servers and workspaces", async (name) => {
    const path = "/workspaces/refused-names";
    await manage("POST", "/workspaces", { slug: "refused-names", name: "Zoë ❤️ می‌خواهم" });
    const attempts = [
      await manage("POST", "/workspaces", { slug: "refused-names-2", name }),
      await manage("PATCH", path, { name }),
      await manage("POST", `${path}/members`, { name }),
      await manage("POST", `${path}/tokens`, { label: name }),
      await manage("POST", `${path}/servers`, { slug: "s", url: "http://127.0.0.1:1/", name }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual(attempts.map(() => 400));
    expect(attempts[0]?.body.error.message).toContain("use visible characters in one line");
    expect((await manage("GET", path)).body.name).toBe("Zoë ❤️ می‌خواهم");
  });

  test("a workspace that was named before keeps its name when other settings change", async () => {
    await makeListedWorkspace("named-before");
    await change("named-before", {
      type: "workspace.update",
      patch: { name: "a\u200bb" },
    });
    const changed = await manage("PATCH", "/workspaces/named-before", { retentionDays: 7 });
    expect(changed.status).toBe(200);
  });
});
