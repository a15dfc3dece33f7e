import { useQuery } from "@tanstack/react-query";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { serverToolsQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { describeDefaultAccess, findCoverage } from "./rules.ts";
import { useRules } from "./use-rules.ts";

interface Props {
  slug: string;
  workspace: Workspace;
  members: WorkspaceMember[];
  server: string;
}

/** Limits the width of the table. The rules view shows all tools. */
const MAX_COLUMNS = 80;

/** A grid of members (rows) and the tools of one server (columns). Each checkbox adds or removes a rule at once. */
export function AccessGrid({ slug, workspace, members, server }: Props) {
  const tools = useQuery(serverToolsQuery(slug, server));
  const { set } = useRules(slug);
  return (
    <Loaded query={tools}>
      {(items) => {
        const columns = ["*", ...items.slice(0, MAX_COLUMNS).map(({ name }) => name)];
        const hidden = items.length - MAX_COLUMNS;
        return (
          <Section
            {...(hidden > 0
              ? {
                  title: server,
                  hint: `${pluralize(hidden, "more tool")} not shown here. Select “All rules” to manage them.`,
                }
              : {})}
          >
            <div
              className="overflow-auto"
              tabIndex={0}
              role="region"
              aria-label="Members and tools"
            >
              <table className="border-separate border-spacing-0 text-xs">
                <thead>
                  <tr>
                    <th
                      scope="col"
                      className="sticky left-0 z-10 border-b border-line bg-panel px-4 py-2 text-left font-medium text-dim"
                    >
                      Member
                    </th>
                    {columns.map((tool) => (
                      <th
                        key={tool}
                        scope="col"
                        className="border-b border-line px-2 py-2 text-left align-bottom font-mono font-normal"
                      >
                        <span
                          className="block max-h-40 rotate-180 truncate [writing-mode:vertical-rl]"
                          title={escapeLine(tool)}
                        >
                          {tool === "*" ? "All tools" : escapeLine(tool)}
                        </span>
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {members.map((member) => (
                    <GridRow
                      key={member.id}
                      member={member}
                      server={server}
                      columns={columns}
                      defaultAccess={describeDefaultAccess(workspace, member)}
                      onSet={(rules) => set.mutate({ member, rules })}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          </Section>
        );
      }}
    </Loaded>
  );
}

interface RowProps {
  member: WorkspaceMember;
  server: string;
  columns: string[];
  defaultAccess: string;
  onSet: (rules: string[]) => void;
}

function GridRow({ member, server, columns, defaultAccess, onSet }: RowProps) {
  return (
    <tr className="group">
      <th
        scope="row"
        className="sticky left-0 z-10 max-w-44 border-b border-line bg-panel px-4 py-2 text-left text-sm font-medium group-last:border-0"
      >
        <span className="block truncate">{member.name}</span>
        {member.rules.length === 0 && (
          <span className="block text-xs font-normal text-dim">{defaultAccess}</span>
        )}
      </th>
      {columns.map((tool) => {
        const rule = `${server}:${tool}`;
        const coverage = findCoverage(member.rules, server, tool);
        const toolLabel = tool === "*" ? `all tools of ${server}` : escapeLine(tool);
        return (
          <td key={tool} className="border-b border-line px-2 py-2 group-last:border-0">
            <Checkbox
              label={`${member.name}: ${toolLabel}${coverage === "server" ? " (allowed by the rule for all tools)" : ""}`}
              isChecked={coverage !== "none"}
              isDisabled={coverage === "server"}
              onChange={(isChecked) =>
                onSet(
                  isChecked
                    ? [...member.rules, rule]
                    : member.rules.filter((other) => other !== rule),
                )
              }
            />
          </td>
        );
      })}
    </tr>
  );
}
