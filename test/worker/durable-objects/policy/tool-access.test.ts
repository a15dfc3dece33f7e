import { describe, expect, test } from "vitest";
import { AccessPolicy } from "../../../../durable-objects/policy/access-policy.ts";
import type { ClassOf, ToolAccess } from "../../../../durable-objects/policy/tool-access.ts";
import { DEFAULT_OAUTH_SETTINGS } from "../../../../workers/contract/records/oauth.ts";
import type { RuleTerms } from "../../../../workers/contract/records/rule.ts";
import type { TeamRecord } from "../../../../workers/contract/records/team.ts";
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
    terms: {},
    isRestricted,
    rulesVersion: 0,
    suspendedAt: null,
    agent: null,
    createdAt: 0,
  });

  const NOW = 1_000;
  const team = (
    id: string,
    rules: string[],
    { terms = {}, memberIds = ["mem_1"] }: Partial<Pick<TeamRecord, "terms" | "memberIds">> = {},
  ): TeamRecord => ({
    id,
    name: id,
    managedBy: "people",
    externalId: null,
    memberIds,
    rules,
    terms,
    isRestricted: rules.length > 0,
    rulesVersion: 0,
    createdAt: 0,
  });
  const endsAt = (at: number): RuleTerms => ({ endsAt: at, since: null, by: null });
  function decideToolAccess(
    settings: WorkspaceRecord,
    of: MemberRecord | null,
    teams: TeamRecord[] = [],
    classOf?: ClassOf,
  ): ToolAccess {
    const config = { workspace: settings, teams: new Map(teams.map((each) => [each.id, each])) };
    return new AccessPolicy(config, classOf).accessOf(of, NOW);
  }

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

  test("what the member and its teams allow adds up, and what one of them denies is denied", () => {
    const teams = [team("one", ["a:x"]), team("two", ["b:*", "!b:drop"])];
    const access = decideToolAccess(workspace, member(["c:y", "!a:x"]), teams);
    expect(access.mayCall("c", "y") && access.mayCall("b", "read")).toBe(true);
    expect(access.mayCall("a", "x") || access.mayCall("b", "drop")).toBe(false);
    expect(access.mayUseServer("b")).toBe(true);
    const others = [team("one", ["a:x"], { memberIds: ["mem_2"] })];
    expect(decideToolAccess(workspace, member(["c:y"]), others).mayCall("a", "x")).toBe(false);
  });

  test("a denial applies to the default access, and a team with rules ends the default access", () => {
    const denied = decideToolAccess(workspace, member(["!a:*"], false));
    expect(denied.mayCall("a", "x") || denied.mayUseServer("a") || denied.mayKnowServer("a")).toBe(
      false,
    );
    expect(denied.mayCall("b", "x")).toBe(true);
    const restricted = decideToolAccess(workspace, member([]), [team("one", ["a:x"])]);
    expect(restricted.mayCall("a", "x")).toBe(true);
    expect(restricted.mayCall("b", "x")).toBe(false);
  });

  test("a rule for a class concerns the tools of that class only, and neither prompts nor resources", () => {
    const classes: Record<string, "read-only" | "additive" | "destructive"> = {
      read: "read-only",
      add: "additive",
      drop: "destructive",
    };
    const classOf: ClassOf = (_, tool) => classes[tool] ?? null;
    const of = (rules: string[]) => decideToolAccess(workspace, member(rules), [], classOf);
    const reading = of(["a:*[read-only]"]);
    expect(["read", "add", "drop", "other"].filter((tool) => reading.mayCall("a", tool))).toEqual([
      "read",
    ]);
    expect(reading.mayUseServer("a")).toBe(false);
    const harmless = of(["a:*", "!a:*[destructive]"]);
    expect(["read", "add", "drop"].filter((tool) => harmless.mayCall("a", tool))).toEqual([
      "read",
      "add",
    ]);
    expect(harmless.mayUseServer("a")).toBe(true);
  });

  test("a rule neither allows nor denies anything from its end on", () => {
    const until = (rule: string, at: number) =>
      team(rule, [rule], { terms: { [rule]: endsAt(at) } });
    const teams = [until("a:x", NOW), until("b:x", NOW + 1), until("!c:x", NOW)];
    const access = decideToolAccess(workspace, member(["c:x"]), teams);
    expect(access.mayCall("a", "x")).toBe(false);
    expect(access.mayCall("b", "x") && access.mayCall("c", "x")).toBe(true);
    expect(access.validUntil).toBe(NOW + 1);
  });
});
