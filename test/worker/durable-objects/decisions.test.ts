import { describe, expect, test } from "vitest";
import { RateLimiter } from "../../../durable-objects/admission/rate-limit.ts";
import { decideToolAccess } from "../../../durable-objects/policy/tool-access.ts";
import { exposeNames } from "../../../durable-objects/tool-catalogue/exposed-names.ts";
import { matchesTemplate } from "../../../durable-objects/tool-catalogue/uri-template.ts";
import type { MemberRecord, WorkspaceRecord } from "../../../workers/contract/records/workspace.ts";

describe("the rate limit", () => {
  test("the 201st request in any 60 s is refused, and passes when the first is 60 s old", () => {
    const limiter = new RateLimiter();
    for (let i = 0; i < 200; i++) expect(limiter.take("a", 200, i * 100)).toBeNull();
    expect(limiter.take("a", 200, 20_000)).toBe(40);
    expect(limiter.take("a", 200, 59_999)).toBe(1);
    expect(limiter.take("a", 200, 60_000)).toBeNull();
    expect(limiter.take("a", 200, 60_000)).toBe(1);
  });

  test("a refused request does not count, and keys do not share a window", () => {
    const limiter = new RateLimiter();
    expect(limiter.take("a", 1, 0)).toBeNull();
    for (let i = 1; i < 50; i++) expect(limiter.take("a", 1, i * 1000)).toBeGreaterThan(0);
    expect(limiter.take("b", 1, 1000)).toBeNull();
    expect(limiter.take("a", 1, 60_000)).toBeNull();
  });

  test("a lowered limit is in force at once", () => {
    const limiter = new RateLimiter();
    for (let i = 0; i < 10; i++) limiter.take("a", 100, i);
    expect(limiter.take("a", 5, 10)).not.toBeNull();
  });

  test("the rate limit stays exact over many windows", () => {
    const limiter = new RateLimiter();
    let passed = 0;
    for (let now = 0; now < 600_000; now += 50) if (limiter.take("a", 600, now) === null) passed++;
    expect(passed).toBe(6_000);
  });
});

describe("exposed names", () => {
  const server = (slug: string, names: string[], prefix: string | null = null) => ({
    serverId: `srv_${slug}`,
    slug,
    prefix,
    names,
  });

  test("a prefix precedes the tool's name, and without one the tool keeps its name", () => {
    const names = exposeNames([server("github", ["list"], "gh"), server("jira", ["search"])]);
    expect(names.find("gh_list")).toEqual({ serverId: "srv_github", name: "list" });
    expect(names.find("search")).toEqual({ serverId: "srv_jira", name: "search" });
  });

  test("two servers without a prefix that have the same tool both get their slug in the exposed name", () => {
    const names = exposeNames([server("a-one", ["echo"]), server("b", ["echo", "other"])]);
    expect(names.find("a_one__echo")?.serverId).toBe("srv_a-one");
    expect(names.find("b__echo")?.serverId).toBe("srv_b");
    expect(names.find("echo")).toBeUndefined();
    expect(names.find("other")?.serverId).toBe("srv_b");
  });

  test("a name without its prefix is accepted while only one server has it", () => {
    expect(exposeNames([server("a", ["echo"], "x")]).find("echo")?.serverId).toBe("srv_a");
    expect(
      exposeNames([server("a", ["echo"], "x"), server("b", ["echo"], "y")]).find("echo"),
    ).toBeUndefined();
  });

  test("every exposed name has at most 64 characters of A-Z a-z 0-9 _ and -, and resolves to its tool", () => {
    const own = ["a.b/c", "ünïcode", "x".repeat(80), "y".repeat(64)];
    const names = exposeNames([server("s", own, "p")]);
    for (const name of own) {
      const exposed = names.byServer.get("srv_s")?.get(name) ?? "";
      expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(names.find(exposed)).toEqual({ serverId: "srv_s", name });
    }
  });

  test("a server cannot take another server's exposed name: the one with the earlier position keeps it", () => {
    const names = exposeNames([server("good", ["list"], "gh"), server("evil", ["gh_list"])]);
    expect(names.find("gh_list")?.serverId).toBe("srv_good");
    expect(names.byServer.get("srv_evil")?.get("gh_list")).toMatch(/^gh_list_[0-9a-f]{8}$/);
  });
});

describe("tool access", () => {
  const workspace: WorkspaceRecord = {
    id: "ws_1",
    slug: "w",
    name: "W",
    enforcement: true,
    defaultAccess: "open",
    limits: { perAddressPerMinute: 200, perTokenPerMinute: null },
    retentionDays: 90,
    wrappedKey: "",
    createdAt: 0,
  };
  const member = (rules: string[]): MemberRecord => ({
    id: "mem_1",
    name: "M",
    email: null,
    role: "member",
    userId: null,
    rules,
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

  test("a server rule covers future tools, and single tool rules do not allow prompts and resources", () => {
    const whole = decideToolAccess(workspace, member(["a:*"]));
    expect(whole.mayCall("a", "tomorrow") && whole.mayUseServer("a")).toBe(true);
    expect(whole.mayCall("ab", "x")).toBe(false);
    const single = decideToolAccess(workspace, member(["a:x"]));
    expect(single.mayUseServer("a")).toBe(false);
    expect(single.mayKnowServer("a")).toBe(true);
  });
});

test("a URI matches exactly the templates that can expand to it", () => {
  expect(matchesTemplate("test://template/{id}/data", "test://template/7/data")).toBe(true);
  expect(matchesTemplate("test://template/{id}/data", "test://template/7/8/data")).toBe(false);
  expect(matchesTemplate("file:///{+path}", "file:///a/b/c")).toBe(true);
  expect(matchesTemplate("a://{x}", "b://1")).toBe(false);
  expect(matchesTemplate("a://{x}/z", "a://1/zz")).toBe(false);
  expect(matchesTemplate("{+all}", "x".repeat(100_000))).toBe(true);
});
