import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { readImport } from "../../../client-config/import/read-import.ts";
import { meQuery } from "../../../web/src/api/me.ts";
import { ApplyPlan } from "../../../web/src/pages/workshop/apply/apply-plan.tsx";
import { toItems } from "../../../web/src/pages/workshop/import/to-items.ts";

const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

/** The plan of a file as the page of an owner first shows it. */
function renderPlan(servers: string): string {
  const client = new QueryClient();
  client.setQueryData(meQuery.queryKey, {
    memberships: [{ workspace: { slug: "demo", name: "Demo" }, actions: ["server.manage"] }],
    canCreateWorkspaces: false,
  } as never);
  const items = toItems(readImport(`{"mcpServers":{${servers}}}`).servers, []);
  return renderToStaticMarkup(
    createElement(
      QueryClientProvider,
      { client },
      createElement(ApplyPlan, { items, workspace: "demo" }),
    ),
  );
}

test("servers with the names of members of every object are in the plan as all others", () => {
  const members = NAMES.map((name) => `"${name}":{"type":"http","url":"https://e.example/mcp"}`);
  const plan = renderPlan(members.join(","));
  for (const name of NAMES) expect(plan).toContain(`>${name}</`);
});

test("the choice to send a secret of the file is one line that can be clicked and has one name", () => {
  const plan = renderPlan(
    '"a":{"type":"http","url":"https://e.example/mcp","headers":{"X-Key":"Ab3dEf6hIj9kLm2n"}}',
  );
  const [label = ""] =
    /<label[^>]*>(?:(?!<\/label>).)*Send the file’s value of X-Key.*?<\/label>/.exec(plan) ?? [];
  expect(label).toContain('role="checkbox"');
  expect(label).not.toMatch(/aria-label=|<span[^>]*aria-hidden[^>]*>[^<]*Send/);
  expect(plan.split("Send the file’s value of X-Key")).toHaveLength(2);
});

test("the password of an address is a secret of the file, and is not drawn", () => {
  const file = '"a":{"url":"https://bob:pw12345678@127.0.0.1:9/mcp"}';
  expect(renderPlan(file)).not.toMatch(/pw12345678|Ym9iOnB3/);
  const [item] = toItems(readImport(`{"mcpServers":{${file}}}`).servers, []);
  expect(item).toMatchObject({
    way: {
      kind: "add",
      template: {
        url: "https://127.0.0.1:9/mcp",
        headers: [{ name: "Authorization", isSecret: true }],
      },
    },
    initial: {},
    fromFile: { "Authorization:value": `Basic ${btoa("bob:pw12345678")}` },
  });
});

test("a password in an address that cannot become a header is a reason, which does not have it", () => {
  for (const file of [
    '"a":{"url":"https://bob:${PW}@e.example/mcp"}',
    '"a":{"url":"https://bob:pw12345678@e.example/mcp","headers":{"authorization":"Bearer x"}}',
  ]) {
    const [item] = toItems(readImport(`{"mcpServers":{${file}}}`).servers, []);
    expect(item?.way).toMatchObject({
      kind: "none",
      why: expect.stringMatching(/user or password/),
    });
    expect(renderPlan(file)).not.toContain("pw12345678");
  }
});

test("each server of a file that cannot be read is in the plan with its reason", () => {
  const file = '"a":null,"b":[],"c":"x","d":{"url":5},"e":{"command":["npx"]},"f":{"command":"x"}';
  const { servers } = readImport(`{"mcpServers":{${file}}}`);
  const kinds = Object.fromEntries(servers.map(({ name, connection }) => [name, connection.kind]));
  expect(kinds).toEqual({ a: "none", b: "none", c: "none", d: "none", e: "none", f: "program" });
  const plan = renderPlan(file);
  expect(plan).toContain("no map of settings");
  expect(plan).toContain("neither an address nor a command");
});
