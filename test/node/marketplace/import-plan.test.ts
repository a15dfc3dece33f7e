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
