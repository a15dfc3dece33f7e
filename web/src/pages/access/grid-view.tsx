import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Server, Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { EmptyState } from "../../ui/states.tsx";
import { AccessGrid } from "./access-grid.tsx";
import { toColumns, type GridColumn, type ToolsByServer } from "./grid-columns.ts";
import { GridLegend } from "./grid-row.tsx";
import type { RulesChange } from "./rule-changes.ts";
import { findAllowedBy, findStop } from "./rules.ts";
import type { RulesQuestion } from "./use-asked-rules.tsx";

const route = getRouteApi("/signed-in/w/$slug/access");

interface Props {
  workspace: Workspace;
  members: WorkspaceMember[];
  servers: Server[];
  toolsByServer: ToolsByServer;
  onChange: (change: RulesChange) => void;
  onAsk: (question: RulesQuestion) => void;
  onOpenTool: (rule: string) => void;
}

/** The access grid of all servers, or of one, with a legend. */
export function GridView(props: Props) {
  const { workspace, members, servers, toolsByServer, onChange, onAsk, onOpenTool } = props;
  const { server, t = "" } = route.useSearch();
  const { columns, groups } = useMemo(
    () => toColumns(servers, toolsByServer, { server, tool: t }),
    [servers, toolsByServer, server, t],
  );
  if (columns.length === 0) return <EmptyState title="No matching tools" />;
  const toggle = (member: WorkspaceMember, column: GridColumn) => {
    if (findStop(member) === "auditor") return;
    const by = findAllowedBy(workspace, member, column);
    if (by === "server") {
      const names = (toolsByServer.get(column.server) ?? []).map(({ name }) => name);
      return onAsk(askToSplit(member, column, names));
    }
    if (by === "denied") return onAsk(askToAllow(member, column));
    const isOn = by === "rule" || by === "held";
    onChange({
      members: [member],
      add: isOn ? [] : [column.rule],
      remove: isOn ? [column.rule] : [],
    });
  };
  return (
    <>
      <GridLegend workspace={workspace} />
      <AccessGrid
        workspace={workspace}
        members={members}
        columns={columns}
        groups={groups}
        onToggle={toggle}
        onOpenColumn={({ rule }) => onOpenTool(rule)}
      />
    </>
  );
}

/** Asks whether denials of a member are taken away. Those of teams stay, and win. */
function askToAllow(member: WorkspaceMember, column: GridColumn): RulesQuestion {
  const { server, tool, toolClass, rule } = column;
  const about = [`!${rule}`, `!${server}:*`, ...(toolClass ? [`!${server}:*[${toolClass}]`] : [])];
  const denials = about.filter((denial) => member.rules.includes(denial));
  const byTeam = about.some((denial) => member.teamRules?.includes(denial));
  return {
    title: `Allow ${column.label} to ${member.name}?`,
    sentences: [
      denials.length === 0
        ? "A rule of a team denies it, whatever else allows: change the team’s rules."
        : `${pluralize(denials.length, "rule")} of ${member.name} that ${denials.length === 1 ? "denies" : "deny"} it would go: ${denials.join(", ")}.`,
      ...(byTeam && denials.length > 0 ? ["A rule of a team denies it, too, and stays."] : []),
      ...(tool === "*" ? [] : [`${member.name} gets the rule ${rule}.`]),
    ],
    confirmLabel: "Allow",
    change: { members: [member], add: [rule], remove: denials },
  };
}

/** Asks whether one tool is taken away from a member who has all tools of its server: each other tool then needs a rule. */
function askToSplit(member: WorkspaceMember, column: GridColumn, names: string[]): RulesQuestion {
  const others = names.filter((name) => name !== column.tool);
  return {
    title: `Take ${column.label} from ${member.name}?`,
    sentences: [
      `${member.name} may call it by the rule for all tools of ${column.server}.`,
      `That rule is replaced by ${pluralize(others.length, "rule")}, one for each other tool.`,
      `${member.name} then loses the prompts and resources of ${column.server}, and does not get tools that it adds later.`,
    ],
    confirmLabel: "Replace the rule",
    change: {
      members: [member],
      add: others.map((name) => `${column.server}:${name}`),
      remove: [`${column.server}:*`],
      isRestricted: true,
    },
  };
}
