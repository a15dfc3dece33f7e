import { expect, test } from "vitest";
import type { CallLease } from "../../../../workers/contract/rpc/suspended-call.ts";
import { makeAdmitRequest } from "../../support/admit-request.ts";
import { bindings, change, makeMember, makeWorkspace } from "../../support/gateway-client.ts";
import { readServerId } from "../../support/management-client.ts";

/** Changes after which a member may not use the server `ok`. */
const ENDS = {
  "loses its rules": (slug: string, memberId: string) =>
    change(slug, { type: "member.rules", id: memberId, rules: [] }),
  "is removed": (slug: string, memberId: string) =>
    change(slug, { type: "member.delete", id: memberId }),
  "has its server disabled": (slug: string) =>
    change(slug, { type: "server.update", slug: "ok", patch: { enabled: false } }),
  "has its server deleted": (slug: string) => change(slug, { type: "server.delete", slug: "ok" }),
};

test.each(Object.entries(ENDS))("a held call of a member who %s ends", async (name, end) => {
  const slug = `held-${name.replaceAll(" ", "-")}`;
  await makeWorkspace(slug);
  const { token, memberId } = await makeMember(slug, ["ok:echo"]);
  const { digest } = await makeAdmitRequest({ token }, { method: "tools/call" });
  const workspace = bindings.WORKSPACES.getByName(slug);
  const serverId = await readServerId(slug, "ok");
  const own = { holder: "holder", sessionOwner: memberId, ownsSession: false };
  const lease: CallLease = { ...own, digest, serverId };
  expect(await workspace.acquireCallLease(lease, "unsent")).toBe("shared");
  expect(await workspace.renewCallLease(lease)).toBe(true);
  await end(slug, memberId);
  expect(await workspace.renewCallLease(lease)).toBe(false);
});
