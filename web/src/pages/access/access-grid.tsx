import { useQuery } from "@tanstack/react-query";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { serverToolsQuery } from "../../api/workspace.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { plural } from "../../ui/numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { coverage, withoutRules, type Person } from "./rules.ts";
import { useRules } from "./use-rules.ts";

interface Props {
  slug: string;
  workspace: Workspace;
  people: Person[];
  server: string;
}

/** A wider table would not be read; the rules view has them all. */
const MAX_COLUMNS = 80;

/** People down, one server's tools across. A tick is a rule; it is in force at once. */
export function AccessGrid({ slug, workspace, people, server }: Props) {
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
              ? { title: server, hint: `${plural(hidden, "more tool")} under All rules` }
              : {})}
          >
            <div className="overflow-auto" tabIndex={0} role="region" aria-label="People and tools">
              <table className="border-separate border-spacing-0 text-xs">
                <thead>
                  <tr>
                    <th
                      scope="col"
                      className="sticky left-0 z-10 border-b border-line bg-panel px-4 py-2 text-left font-medium text-dim"
                    >
                      Person
                    </th>
                    {columns.map((tool) => (
                      <th
                        key={tool}
                        scope="col"
                        className="border-b border-line px-2 py-2 text-left align-bottom font-mono font-normal"
                      >
                        <span
                          className="block max-h-40 rotate-180 truncate [writing-mode:vertical-rl]"
                          title={tool}
                        >
                          {tool === "*" ? "all tools" : tool}
                        </span>
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {people.map((person) => (
                    <GridRow
                      key={person.id}
                      person={person}
                      server={server}
                      columns={columns}
                      none={withoutRules(workspace)}
                      onSet={(rules) => set.mutate({ person, rules })}
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
  person: Person;
  server: string;
  columns: string[];
  none: string;
  onSet: (rules: string[]) => void;
}

function GridRow({ person, server, columns, none, onSet }: RowProps) {
  return (
    <tr className="group">
      <th
        scope="row"
        className="sticky left-0 z-10 max-w-44 border-b border-line bg-panel px-4 py-2 text-left text-sm font-medium group-last:border-0"
      >
        <span className="block truncate">{person.name}</span>
        {person.rules.length === 0 && (
          <span className="block text-xs font-normal text-dim">{none}</span>
        )}
      </th>
      {columns.map((tool) => {
        const rule = `${server}:${tool}`;
        const covered = coverage(person.rules, server, tool);
        const what = tool === "*" ? `all tools of ${server}` : tool;
        return (
          <td key={tool} className="border-b border-line px-2 py-2 group-last:border-0">
            <Checkbox
              label={`${person.name}: ${what}${covered === "server" ? " (by the rule for all tools)" : ""}`}
              isChecked={covered !== "none"}
              isDisabled={covered === "server"}
              onChange={(isChecked) =>
                onSet(
                  isChecked
                    ? [...person.rules, rule]
                    : person.rules.filter((other) => other !== rule),
                )
              }
            />
          </td>
        );
      })}
    </tr>
  );
}
