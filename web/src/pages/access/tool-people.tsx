import { useState } from "react";
import type { Server, Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Section, type Tone } from "../../ui/page.tsx";
import { EmptyState } from "../../ui/states.tsx";
import { WhyButton } from "./explain-dialog.tsx";
import type { ToolsByServer } from "./grid-columns.ts";
import type { RulesChange } from "./rule-changes.ts";
import { ALLOWED_BY, findAllowedBy, findStop, parseRule, type AllowedBy } from "./rules.ts";

interface Props {
  workspace: Workspace;
  members: WorkspaceMember[];
  servers: Server[];
  toolsByServer: ToolsByServer;
  /** `server:tool`, or `server:*`; undefined: none is chosen. */
  rule: string | undefined;
  onChoose: (rule: string) => void;
  onChange: (change: RulesChange) => void;
}

/** Who may call one tool, and by what; allows it to people or takes it away. */
export function ToolPeople(props: Props) {
  const { servers, toolsByServer, rule, onChoose } = props;
  const state = findRuleState(rule, toolsByServer);
  return (
    <div className="flex flex-col gap-3">
      <select
        aria-label="Tool"
        value={state === "unknown" ? "" : rule}
        onChange={(event) => onChoose(event.currentTarget.value)}
        className="input max-w-xl font-mono text-xs!"
      >
        <option value="" disabled>
          Choose a tool
        </option>
        {servers.map(({ slug, name }) => (
          <optgroup key={slug} label={escapeLine(name)}>
            <option value={`${slug}:*`}>{slug}: all tools</option>
            {(toolsByServer.get(slug) ?? []).map((tool) => (
              <option key={tool.name} value={`${slug}:${tool.name}`}>
                {escapeLine(`${slug}:${tool.name}`)}
                {tool.isListed ? "" : " (not listed)"}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      {rule === undefined ? (
        <EmptyState title="Choose a tool to see who may call it" />
      ) : state === "unknown" ? (
        <EmptyState title={`No server lists the tool ${escapeLine(rule)}`}>
          <p>No rule names it either. Choose a tool above to see who may call it.</p>
        </EmptyState>
      ) : (
        <>
          {state === "named" && (
            <Notice tone="warn">
              No server lists the tool <code className="font-mono">{escapeLine(rule)}</code>. Rules
              for it can be taken away and not be added.
            </Notice>
          )}
          <People key={rule} {...props} rule={rule} isListed={state === "listed"} />
        </>
      )}
    </div>
  );
}

/** Whether a server lists the tool of a rule, only rules of members name it, or neither. */
function findRuleState(
  rule: string | undefined,
  toolsByServer: ToolsByServer,
): "listed" | "named" | "unknown" {
  if (rule === undefined) return "unknown";
  const { server, tool } = parseRule(rule);
  const tools = toolsByServer.get(server);
  if (tools && tool === null) return "listed";
  const found = tools?.find(({ name }) => name === tool);
  if (!found) return "unknown";
  return found.isListed ? "listed" : "named";
}

const TONES: Record<AllowedBy, Tone> = {
  rule: "accent",
  server: "accent",
  off: "warn",
  class: "accent",
  team: "ok",
  denied: "bad",
  default: "ok",
  held: "neutral",
  none: "neutral",
};

interface PeopleProps extends Props {
  rule: string;
  /** False: no server lists the tool, so rules for it can only be taken away. */
  isListed: boolean;
}

function People({ workspace, members, rule, isListed, toolsByServer, onChange }: PeopleProps) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { server, tool } = parseRule(rule);
  const toolClass = toolsByServer.get(server)?.find(({ name }) => name === tool)?.toolClass ?? null;
  const people = members.map((member) => ({
    member,
    by: findAllowedBy(workspace, member, { server, tool: tool ?? "*", toolClass }),
  }));
  const allowed = people.filter(({ by }) => !["none", "held", "denied"].includes(by)).length;
  const changeable = members.filter((member) => findStop(member) !== "auditor");
  const chosen = people.filter(
    ({ member }) => selected.has(member.id) && changeable.includes(member),
  );
  const withRule = chosen.filter(({ by }) => hasRule(by)).map(({ member }) => member);
  const withoutRule = chosen.filter(({ by }) => !hasRule(by) && by !== "server");
  const allow = (to: WorkspaceMember[]) => onChange({ members: to, add: [rule], remove: [] });
  const takeAway = (from: WorkspaceMember[]) =>
    onChange({ members: from, add: [], remove: [rule] });
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const areAllSelected = changeable.length > 0 && changeable.every(({ id }) => selected.has(id));
  return (
    <Section
      title={`${allowed} of ${pluralize(members.length, "person", "people")} may call this`}
      actions={
        <div className="flex flex-wrap gap-2">
          {isListed && (
            <Button
              size="sm"
              disabled={withoutRule.length === 0}
              onClick={() => allow(withoutRule.map(({ member }) => member))}
            >
              Allow selected
            </Button>
          )}
          <Button size="sm" disabled={withRule.length === 0} onClick={() => takeAway(withRule)}>
            Take away from selected
          </Button>
        </div>
      }
    >
      <label className="flex items-center gap-3 border-b border-line px-4 py-2 text-xs text-dim">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={areAllSelected}
          disabled={changeable.length === 0}
          onChange={() =>
            setSelected(new Set(areAllSelected ? [] : changeable.map(({ id }) => id)))
          }
        />
        Select all shown people
      </label>
      <ul aria-label="People and this tool" className="divide-y divide-line">
        {people.map(({ member, by }) => (
          <PersonRow
            key={member.id}
            member={member}
            rule={rule}
            by={by}
            isSelected={selected.has(member.id)}
            onSelect={() => toggle(member.id)}
            mayAllow={isListed}
            onAllow={() => allow([member])}
            onTakeAway={() => takeAway([member])}
          />
        ))}
      </ul>
    </Section>
  );
}

interface RowProps {
  member: WorkspaceMember;
  rule: string;
  by: AllowedBy;
  isSelected: boolean;
  onSelect: () => void;
  /** False: a rule can only be taken away. */
  mayAllow: boolean;
  onAllow: () => void;
  onTakeAway: () => void;
}

/** A person, with what allows the tool and a button that changes it. An auditor's row cannot be changed. */
function PersonRow(props: RowProps) {
  const { member, rule, by, isSelected, onSelect, mayAllow, onAllow, onTakeAway } = props;
  const { server, tool } = parseRule(rule);
  const isFixed = findStop(member) === "auditor";
  const name = escapeLine(member.name);
  return (
    <li className="flex min-h-11 items-center gap-3 px-4 py-1.5">
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        className="size-4 shrink-0 accent-accent"
        checked={isSelected}
        disabled={isFixed}
        onChange={onSelect}
      />
      <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 truncate font-medium sm:flex-1">
          <DisplayName name={member.name} />
        </span>
        <Badge tone={TONES[by]}>{describeAllowed(member, by)}</Badge>
      </span>
      {member.isTeam !== true && (
        <WhyButton memberId={member.id} name={member.name} server={server} tool={tool} />
      )}
      {!isFixed && by !== "server" && by !== "denied" && (mayAllow || hasRule(by)) && (
        <RuleButton name={name} by={by} onAllow={onAllow} onTakeAway={onTakeAway} />
      )}
    </li>
  );
}

/** Whether the member has a rule for just this tool. */
function hasRule(by: AllowedBy): boolean {
  return by === "rule" || by === "held";
}

function describeAllowed(member: WorkspaceMember, by: AllowedBy): string {
  const stop = findStop(member);
  return stop === null ? ALLOWED_BY[by] : `${ALLOWED_BY[by]}: ${stop}`;
}

interface ButtonProps {
  name: string;
  by: AllowedBy;
  onAllow: () => void;
  onTakeAway: () => void;
}

/** Takes the rule for the tool away, or adds it. People who may call the tool without a rule get one, which restricts them. */
function RuleButton({ name, by, onAllow, onTakeAway }: ButtonProps) {
  const isTakenAway = hasRule(by);
  const text = isTakenAway ? "Take away" : by === "none" ? "Allow" : "Add rule";
  const of = isTakenAway ? "from" : by === "none" ? "" : "for";
  return (
    <Button
      size="sm"
      className="w-20"
      aria-label={`${text} ${of} ${name}`.replace("  ", " ")}
      onClick={isTakenAway ? onTakeAway : onAllow}
    >
      {text}
    </Button>
  );
}
