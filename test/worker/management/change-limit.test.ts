import { expect, test } from "vitest";
import { makeOwner } from "../support/browser.ts";
import { manage } from "../support/management-client.ts";

test("a person makes at most 300 changes and exports a minute, reads without limit, and keeps no one else from changes", async () => {
  const slug = "many-changes";
  const owner = await makeOwner(slug);
  const path = `/workspaces/${slug}`;
  const deleteUnknown = async () =>
    (await owner.send("DELETE", `${path}/tokens/tok_unknown`)).status;
  for (let i = 0; i < 300; i++) expect(await deleteUnknown()).toBe(404);
  expect(await deleteUnknown()).toBe(429);
  const exported = await owner.send("GET", `${path}/audit-events/export`);
  expect(exported.status).toBe(429);
  expect(exported.headers.get("retry-after")).toBe("60");
  expect((await owner.send("GET", path)).status).toBe(200);
  expect((await manage("PATCH", path, { name: "Renamed" })).body.name).toBe("Renamed");
});
