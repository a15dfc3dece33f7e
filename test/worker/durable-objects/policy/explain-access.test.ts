import { describe, expect, test } from "vitest";
import { AccessPolicy } from "../../../../durable-objects/policy/access-policy.ts";
import { explainAccess } from "../../../../durable-objects/policy/explain-access.ts";
import { withRemovals } from "../../../../durable-objects/policy/rules.ts";
import { suggestAccess } from "../../../../durable-objects/policy/suggest-access.ts";
import { DEFAULT_OAUTH_SETTINGS } from "../../../../workers/contract/records/oauth.ts";
import { TOOL_CLASSES, type ToolClass } from "../../../../workers/contract/records/rule.ts";
import type { TeamRecord } from "../../../../workers/contract/records/team.ts";
import type {
  MemberRecord,
  ServerRecord,
  WorkspaceConfig,
} from "../../../../workers/contract/records/workspace.ts";

const NOW = 1_000_000;
const SERVERS = ["srv_a", "srv_b", "srv_c"];
const TOOLS = ["t0", "t1", "t2", "t3"];

/** Numbers that look random, the same in every run (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The class of a tool, by its place in the list. */
const classOf = (_server: string, tool: string): ToolClass | null =>
  TOOL_CLASSES[TOOLS.indexOf(tool) % TOOL_CLASSES.length] ?? null;

/** A workspace with random people, teams, rules, ends and settings. */
function makeRandomWorkspace(random: () => number): WorkspaceConfig {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const patterns = [...TOOLS, "*", ...TOOL_CLASSES.map((of) => `*[${of}]`)];
  const makeHolder = () => {
    const count = Math.floor(random() * 5);
    const rules = Array.from(
      { length: count },
      () => `${random() < 0.25 ? "!" : ""}${pick(SERVERS)}:${pick(patterns)}`,
    );
    const unique = [...new Set(rules)].toSorted();
    const terms = Object.fromEntries(
      unique
        .filter(() => random() < 0.5)
        .map((rule) => [rule, { endsAt: pick([null, NOW - 1, NOW, NOW + 1]), since: 5, by: null }]),
    );
    return { rules: unique, terms, isRestricted: unique.length > 0, rulesVersion: 0 };
  };
  const members = [0, 1, 2, 3].map((i): MemberRecord => ({
    ...makeHolder(),
    id: `mem_${i}`,
    name: `M${i}`,
    email: null,
    role: random() < 0.15 ? "auditor" : "member",
    userId: null,
    suspendedAt: random() < 0.15 ? 1 : null,
    agent: null,
    createdAt: i,
  }));
  const teams = [0, 1].map((i): TeamRecord => ({
    ...makeHolder(),
    id: `tem_${i}`,
    name: `T${i}`,
    managedBy: "people",
    externalId: null,
    memberIds: members.filter(() => random() < 0.5).map(({ id }) => id),
    createdAt: i,
  }));
  return {
    workspace: {
      id: "ws_1",
      slug: "w",
      name: "W",
      enforcement: random() < 0.85,
      defaultAccess: pick(["open", "closed"]),
      limits: { perAddressPerMinute: 200, perTokenPerMinute: null },
      retentionDays: 90,
      publicRegistry: false,
      stopped: null,
      blockedClients: [],
      oauth: DEFAULT_OAUTH_SETTINGS,
      wrappedKey: "",
      createdAt: 0,
    },
    // A cast: the policy and the explanation read only these of a server.
    servers: new Map(
      SERVERS.map((id) => [id, { id, slug: id.slice(4), enabled: true } as ServerRecord]),
    ),
    members: new Map(members.map((member) => [member.id, member])),
    teams: new Map(teams.map((team) => [team.id, team])),
    tokens: new Map(),
    instances: new Map(),
    connections: new Map(),
  };
}

/** The policy as docs/teams.md states it, written a second time. */
function mayCall(config: WorkspaceConfig, member: MemberRecord, server: string, tool: string) {
  const { enforcement, defaultAccess } = config.workspace;
  if (member.role === "auditor") return false;
  if (!enforcement) return true;
  const teams = [...config.teams.values()].filter(({ memberIds }) => memberIds.includes(member.id));
  const holders = [member, ...teams];
  const matching = holders.flatMap(({ rules, terms }) =>
    rules.filter((rule) => {
      const endsAt = terms[rule]?.endsAt ?? null;
      if (endsAt !== null && endsAt <= NOW) return false;
      const pattern = rule.replace("!", "").replace(`${server}:`, "");
      return [tool, "*", `*[${classOf(server, tool)}]`].includes(pattern);
    }),
  );
  if (matching.some((rule) => rule.startsWith("!"))) return false;
  if (matching.length > 0) return true;
  return defaultAccess === "open" && holders.every(({ isRestricted }) => !isRestricted);
}

/** Runs a check on every member and tool of random workspaces. */
function checkWorlds(
  check: (
    config: WorkspaceConfig,
    member: MemberRecord,
    subject: { server: string; tool: string },
  ) => void,
) {
  for (let seed = 1; seed <= 300; seed++) {
    const config = makeRandomWorkspace(makeRandom(seed));
    for (const member of config.members.values())
      for (const server of SERVERS)
        for (const tool of TOOLS) check(config, member, { server, tool });
  }
}

const accessIn = (config: WorkspaceConfig, member: MemberRecord, at = NOW) =>
  new AccessPolicy(config, classOf).accessOf(member, at);

describe("the policy, on every member and tool of random workspaces", () => {
  test("allows the union of what is allowed without what is denied, and nothing by a rule that has ended", () => {
    const seen = { allowed: 0, refused: 0 };
    checkWorlds((config, member, { server, tool }) => {
      const isAllowed = accessIn(config, member).mayCall(server, tool);
      expect(isAllowed).toBe(mayCall(config, member, server, tool));
      seen[isAllowed ? "allowed" : "refused"]++;
    });
    expect(seen.allowed).toBeGreaterThan(1_000);
    expect(seen.refused).toBeGreaterThan(1_000);
  });

  test("is what the explanation says, with a deciding rule that is in force, of the member or one of its teams", () => {
    const decisions = new Set<string>();
    checkWorlds((config, member, { server: id, tool }) => {
      const policy = new AccessPolicy(config, classOf);
      const server = config.servers.get(id) as ServerRecord;
      const found = explainAccess({ config, policy }, { member, server, tool }, [], NOW);
      const isAllowed = policy.accessOf(member, NOW).mayCall(id, tool);
      expect(found.isAllowedByRules).toBe(isAllowed);
      expect(found.isAllowed).toBe(isAllowed && member.suspendedAt === null);
      decisions.add(found.decision);
      const { decision, decidedBy } = found;
      expect(decidedBy !== null).toBe(["rule", "denied", "ended"].includes(decision));
      if (!decidedBy) return;
      expect(decidedBy.isInForce).toBe(decision !== "ended");
      expect(decidedBy.effect).toBe(decision === "denied" ? "denies" : "allows");
      const holder =
        decidedBy.holder.kind === "member" ? member : config.teams.get(decidedBy.holder.id);
      expect(holder?.rules.map((rule) => rule.replace("srv_", ""))).toContain(decidedBy.rule);
    });
    expect([...decisions].toSorted()).toEqual(
      [
        "auditor",
        "default_access",
        "denied",
        "ended",
        "enforcement_off",
        "none",
        "rule",
      ].toSorted(),
    );
  });

  test("gives a new server of an old name none of the rules of the old one", () => {
    checkWorlds((config, member, { server: id, tool }) => {
      const old = config.servers.get(id) as ServerRecord;
      const changes = withRemovals(config, [{ kind: "server", id, value: null }]);
      const after: WorkspaceConfig = {
        ...config,
        members: new Map(config.members),
        teams: new Map(config.teams),
        servers: new Map(config.servers),
      };
      for (const change of changes) {
        if (change.kind === "member" && change.value) after.members.set(change.id, change.value);
        if (change.kind === "team" && change.value) after.teams.set(change.id, change.value);
      }
      after.servers.delete(id);
      after.servers.set("srv_new", { ...old, id: "srv_new" });
      const present = accessIn(after, after.members.get(member.id) as MemberRecord);
      const hadDefault = accessIn(config, member).fullBy !== null;
      expect(present.mayCall("srv_new", tool)).toBe(hadDefault);
      expect(present.findRule("srv_new", tool)).toBeNull();
    });
  });

  test("is not widened by rules that are suggested, which keep all that was called", () => {
    const seen = { suggested: 0, widened: 0, lost: 0, narrowed: 0 };
    for (let seed = 1; seed <= 150; seed++) {
      const random = makeRandom(seed);
      const config = makeRandomWorkspace(random);
      config.workspace.enforcement = true;
      const policy = new AccessPolicy(config, classOf);
      const tools = [...config.servers.values()].flatMap((server) =>
        TOOLS.map((name) => ({ server, name, exposedName: name, json: "{}" })),
      );
      const used = [...config.members.keys()].flatMap((memberId) =>
        tools
          .filter(() => random() < 0.4)
          .map(({ server, name }) => ({ memberId, serverSlug: server.slug, toolName: name })),
      );
      for (const item of suggestAccess({ config, policy }, tools, { used, since: 0 }, NOW)) {
        const member = config.members.get(item.id);
        if (!member) continue;
        seen.suggested++;
        const rules = item.suggestedRules.map((rule) => rule.replace(/^(!?)/, "$1srv_"));
        const terms = Object.fromEntries(
          Object.entries(item.ends).map(([rule, endsAt]) => [
            rule.replace(/^(!?)/, "$1srv_"),
            { endsAt, since: NOW, by: "admin" },
          ]),
        );
        const changed = { ...member, rules, terms, isRestricted: true };
        expect([...item.suggestedRules].toSorted()).not.toEqual([...item.rules].toSorted());
        const wasUsed = ({ server, name }: (typeof tools)[number]) =>
          used.some(
            (use) =>
              use.memberId === member.id && use.serverSlug === server.slug && use.toolName === name,
          );
        const now = accessIn(config, member);
        for (const at of [NOW, ...Object.values(member.terms).map(({ endsAt }) => endsAt ?? NOW)]) {
          if (at < NOW) continue;
          const [before, after] = [accessIn(config, member, at), accessIn(config, changed, at)];
          for (const tool of tools) {
            const could = before.mayCall(tool.server.id, tool.name);
            const can = after.mayCall(tool.server.id, tool.name);
            // A denial that ends gives back what no one could call, and so did not use, before.
            if (can && !could) seen.widened++;
            if (could && !can && now.mayCall(tool.server.id, tool.name))
              seen[wasUsed(tool) ? "lost" : "narrowed"]++;
          }
        }
      }
    }
    expect(seen).toMatchObject({ widened: 0, lost: 0 });
    expect(seen.suggested).toBeGreaterThan(50);
    expect(seen.narrowed).toBeGreaterThan(50);
  });
});
