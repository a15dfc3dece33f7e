import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { compareDocuments } from "../../workers/contract/versions/compare-documents.ts";
import type {
  ConfigurationPlan,
  EntryDifference,
} from "../../workers/contract/versions/document.ts";
import {
  accept,
  refuse,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "../changes/change-decision.ts";
import { compareAccess, toToolId, type ServerTool } from "../policy/access-preview.ts";
import { applyAgents } from "./apply-agents.ts";
import { comparePlannedNames, findWanted } from "./apply-names.ts";
import { applyRules } from "./apply-rules.ts";
import { applyServers } from "./apply-servers.ts";
import { applySettings } from "./apply-settings.ts";
import { applyTeams } from "./apply-teams.ts";
import { Draft } from "./draft.ts";
import { toDocument } from "./parts.ts";

/** Most statements of one D1 batch that a change takes: D1 allows 1,000 queries a request, and a batch takes 30 s at most. */
const MAX_STATEMENTS = 800;
/** Statements for one changed member: the record, and its rules taken away and added. */
const STATEMENTS_OF_MEMBER = 3;
/** Statements for one changed team: the record, its members and its rules. */
const STATEMENTS_OF_TEAM = 5;
/** Tools of a member's loss that a plan names, and names in an event. */
const MAX_NAMED = 50;

const STEPS = [applySettings, applyServers, applyAgents, applyTeams, applyRules];

/**
 * Makes the configuration that of a document, by the decisions of ordinary changes. All is stored in one batch, so that a
 * crash leaves the old configuration or the new one.
 */
export async function applyConfiguration(
  config: WorkspaceConfig,
  command: Command<"configuration.apply">,
  context: ChangeContext,
): Promise<ChangeDecision<"configuration.apply">> {
  const version = await context.readVersion();
  if (command.ifVersion !== null && command.ifVersion !== version) {
    const message = `The workspace has version ${version} now, and not ${command.ifVersion}: nothing was changed. Look at the plan again.`;
    return refuse("conflict", message);
  }
  const refer = await context.openReferences(config.workspace);
  const draft = new Draft(config, command, context, refer);
  for (const step of STEPS) {
    const refusal = await step(draft, command.document);
    if (refusal) return refusal;
  }
  const changes = draft.listChanges();
  const statements = countStatements(changes);
  if (statements > MAX_STATEMENTS) {
    const message = `This change needs ${statements} statements, and one change can have ${MAX_STATEMENTS}: the database stores it as a whole or not at all. Apply a document with a part of it first.`;
    return refuse("conflict", message);
  }
  const names = findWanted(draft, command.document);
  const named = comparePlannedNames(config, draft, names);
  const plan = await toPlan(config, draft, version, named.changes);
  const result = { plan, isApplied: false, serversToCheck: [] };
  const isChanged = changes.length > 0 || named.isChanged;
  if (command.dryRun || !isChanged) return { kind: "unchanged", result };
  const decision = accept(context, config.workspace, toEvent(config, command, plan), changes, {
    plan,
    isApplied: true,
    serversToCheck: listServersToCheck(config, draft.config),
  });
  return { ...decision, contracts: draft.contracts, names };
}

function countStatements(changes: EntityChange[]): number {
  const weights = changes.map(({ kind, value }): number =>
    kind === "team" && value !== null
      ? STATEMENTS_OF_TEAM
      : kind === "member" && value !== null
        ? STATEMENTS_OF_MEMBER
        : kind === "server"
          ? 3
          : 1,
  );
  return weights.reduce((total, weight) => total + weight, 0);
}

async function toPlan(
  before: WorkspaceConfig,
  draft: Draft,
  version: number,
  names: EntryDifference[],
): Promise<ConfigurationPlan> {
  const { config: after, context, refer, notApplied, needsCredentials } = draft;
  const tools = context.listTools();
  const toolsAfter = await context.previewTools([...after.servers.values()], draft.contracts);
  const access = compareAccess(before, after, tools, toolsAfter);
  const changes = compareDocuments(toDocument(before, refer), toDocument(after, refer));
  return {
    version,
    changes: [...changes, ...names],
    access: access.map(({ memberId, name, lost, gainedCount, lostServers }) => ({
      memberId,
      name,
      lostCount: lost.length,
      gainedCount,
      lost: lost.slice(0, MAX_NAMED).map(({ serverSlug, toolName }) => `${serverSlug}:${toolName}`),
      lostServers,
    })),
    tools: comparePlannedTools(after, tools, toolsAfter),
    notApplied,
    needsCredentials,
  };
}

/** What clients get otherwise of servers that stay, for all members together. */
function comparePlannedTools(
  { servers }: WorkspaceConfig,
  before: ServerTool[],
  after: ServerTool[],
): ConfigurationPlan["tools"] {
  const [old, present] = [toById(before), toById(after)];
  const closed = before.filter(
    (tool) => servers.get(tool.server.id)?.enabled === true && !present.has(toToolId(tool)),
  );
  const opened = after.filter((tool) => !old.has(toToolId(tool)));
  const renamed = after.flatMap((tool) => {
    const was = old.get(toToolId(tool))?.exposedName ?? tool.exposedName;
    return was === tool.exposedName
      ? []
      : [{ tool: toName(tool), before: was, after: tool.exposedName }];
  });
  return {
    closedCount: closed.length,
    closed: closed.slice(0, MAX_NAMED).map(toName),
    openedCount: opened.length,
    opened: opened.slice(0, MAX_NAMED).map(toName),
    renamedCount: renamed.length,
    renamed: renamed.slice(0, MAX_NAMED),
  };
}

function toById(tools: ServerTool[]): Map<string, ServerTool> {
  return new Map(tools.map((tool) => [toToolId(tool), tool]));
}

function toName({ server, name }: ServerTool): string {
  return `${server.slug}:${name}`;
}

/** Servers that calls can reach only, or elsewhere, after the change. */
function listServersToCheck(before: WorkspaceConfig, after: WorkspaceConfig): string[] {
  return [...after.servers.values()].flatMap((server) => {
    const old = before.servers.get(server.id);
    const isSame = old?.url === server.url && old.enabled;
    return server.enabled && !isSame ? [server.id] : [];
  });
}

function toEvent(
  { workspace }: WorkspaceConfig,
  { restored }: Command<"configuration.apply">,
  { changes }: ConfigurationPlan,
): ChangeEvent {
  const name = (section: EntryDifference["section"], action: EntryDifference["action"]) =>
    changes
      .filter((change) => change.section === section && change.action === action)
      .map((change) => change.name)
      .slice(0, MAX_NAMED);
  const count = (section: EntryDifference["section"]) =>
    changes.filter((change) => change.section === section).length;
  return {
    action: restored ? "workspace.version_restored" : "workspace.configuration_applied",
    object: `workspace:${workspace.slug}`,
    detail: {
      ...(restored ? { version: restored.number } : {}),
      added: name("servers", "added"),
      changed: name("servers", "changed"),
      removed: name("servers", "removed"),
      settings: count("settings"),
      isReordered: count("order") > 0,
      people: count("people"),
      agents: count("agents"),
      teams: count("teams"),
    },
  };
}
