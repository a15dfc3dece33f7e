import { expect, test } from "vitest";
import type { CallRow } from "../../../workers/contract/records/audit.ts";
import {
  callTool,
  change,
  makeMember,
  makeWorkspace,
  waitForCalls,
} from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";

test("the row of a call says which rule decided on it, or that none did", async () => {
  const slug = "deciding";
  const workspace = await makeWorkspace(slug);
  const byDefault = await makeMember(slug, []);
  const byTool = await makeMember(slug, ["ok:echo"]);
  const byServer = await makeMember(slug, ["ok:*", "ok:echo"]);
  const call = (token: string, tool: string) => callTool({ slug, token }, tool);
  await call(workspace.token, "echo");
  await call(byDefault.token, "echo");
  await call(byTool.token, "echo");
  await call(byTool.token, "add");
  await call(byServer.token, "echo");
  await call(byServer.token, "nothing");
  await change(slug, { type: "workspace.update", patch: { enforcement: false } });
  await call(byTool.token, "add");
  await waitForCalls(slug, 7);
  const { items } = (await manage("GET", `/workspaces/${slug}/tool-calls`)).body;
  expect(items.map(({ rule, status }: CallRow) => `${rule} ${status}`).toReversed()).toEqual([
    "workspace_token ok",
    "default_access ok",
    "ok:echo ok",
    "none blocked",
    "ok:* ok",
    "null error",
    "enforcement_off ok",
  ]);
});
