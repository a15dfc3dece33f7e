import { describe, expect, test } from "vitest";
import { decideToolAccess } from "../../../../durable-objects/policy/tool-access.ts";
import { DEFAULT_OAUTH_SETTINGS } from "../../../../workers/contract/records/oauth.ts";
import type {
  MemberRecord,
  WorkspaceRecord,
} from "../../../../workers/contract/records/workspace.ts";

describe("tool access", () => {
  const workspace: WorkspaceRecord = {
    id: "ws_1",
    slug: "w",
    name: "W",
    enforcement: true,
    defaultAccess: "open",
    limits: { perAddressPerMinute: 200, perTokenPerMinute: null },
    retentionDays: 90,
    publicRegistry: false,
    stopped: null,
    blockedClients: [],
    oauth: DEFAULT_OAUTH_SETTINGS,
    wrappedKey: "",
    createdAt: 0,
  };
  const member = (rules: string[], isRestricted = rules.length > 0): MemberRecord => ({
    id: "mem_1",
    name: "M",
    email: null,
    role: "member",
    userId: null,
    rules,
    isRestricted,
    rulesVersion: 0,
    suspendedAt: null,
    agent: null,
    createdAt: 0,
  });

  test("a workspace token can call every tool, with and without enforcement", () => {
    expect(
      decideToolAccess({ ...workspace, defaultAccess: "closed" }, null).mayCall("any", "tool"),
    ).toBe(true);
  });

  test("rules apply only while enforcement is on", () => {
    expect(decideToolAccess(workspace, member(["a:x"])).mayCall("a", "y")).toBe(false);
    expect(decideToolAccess(workspace, member(["a:x"])).mayCall("a", "x")).toBe(true);
    expect(
      decideToolAccess({ ...workspace, enforcement: false }, member(["a:x"])).mayCall("a", "y"),
    ).toBe(true);
  });

  test("a member without rules can call everything in an open workspace and nothing in a closed one", () => {
    expect(decideToolAccess(workspace, member([])).mayCall("a", "x")).toBe(true);
    expect(
      decideToolAccess({ ...workspace, defaultAccess: "closed" }, member([])).mayCall("a", "x"),
    ).toBe(false);
  });

  test("a member who has lost the last rule can call nothing, in an open workspace too", () => {
    const access = decideToolAccess(workspace, member([], true));
    expect(access.mayCall("a", "x") || access.mayKnowServer("a")).toBe(false);
  });

  test("a server rule covers future tools, and single tool rules do not allow prompts and resources", () => {
    const whole = decideToolAccess(workspace, member(["a:*"]));
    expect(whole.mayCall("a", "tomorrow") && whole.mayUseServer("a")).toBe(true);
    expect(whole.mayCall("ab", "x")).toBe(false);
    const single = decideToolAccess(workspace, member(["a:x"]));
    expect(single.mayUseServer("a")).toBe(false);
    expect(single.mayKnowServer("a")).toBe(true);
  });
});
