import type { NamedTool, Server } from "../../../../workers/contract/api/resources.ts";
import type { ToolClass } from "../../../../workers/contract/records/rule.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { parseRule } from "./rules.ts";

/** A column of the access grid: a tool, or all tools of a server (`*`). */
export interface GridColumn {
  server: string;
  tool: string;
  rule: string;
  label: string;
  toolClass: ToolClass | null;
  /** False: rules name the tool, and its server does not list it. */
  isListed: boolean;
}

/** The columns of one server, next to each other. */
export interface GridGroup {
  server: string;
  name: string;
  /** Index of the first column. */
  first: number;
  count: number;
}

/** Which columns are shown. `server` undefined: of all servers. */
export interface ColumnFilter {
  server: string | undefined;
  /** Part of a tool's name, its name for clients, or its server. */
  tool: string;
}

/** The tools of each server, by its slug. False `isListed`: only rules name the tool. */
export type ToolsByServer = ReadonlyMap<string, (NamedTool & { isListed: boolean })[]>;

/** The tools of each server by position: those that it lists, then those that only rules name. */
export function listToolsByServer(
  servers: Server[],
  tools: NamedTool[],
  members: WorkspaceMember[],
): ToolsByServer {
  const listed = Map.groupBy(tools, ({ serverSlug }) => serverSlug);
  const named = Map.groupBy(
    [...new Set(members.flatMap(({ rules }) => rules))].map(parseRule),
    ({ server }) => server,
  );
  return new Map(
    servers.map(({ slug }) => {
      const own = (listed.get(slug) ?? []).map((tool) => ({ ...tool, isListed: true }));
      const names = new Set(own.map(({ name }) => name));
      const others = (named.get(slug) ?? []).flatMap(({ tool }) =>
        tool === null || tool.startsWith("*") || names.has(tool)
          ? []
          : [
              {
                serverSlug: slug,
                name: tool,
                exposedName: tool,
                toolClass: null,
                isListed: false,
              },
            ],
      );
      return [slug, [...own, ...others]];
    }),
  );
}

/** The columns of the grid, with one for all tools before the tools of each server. */
export function toColumns(
  servers: Server[],
  toolsByServer: ToolsByServer,
  filter: ColumnFilter,
): { columns: GridColumn[]; groups: GridGroup[] } {
  const columns: GridColumn[] = [];
  const groups: GridGroup[] = [];
  const wanted = filter.tool.toLowerCase();
  for (const { slug, name } of servers) {
    if (filter.server !== undefined && filter.server !== slug) continue;
    const tools = (toolsByServer.get(slug) ?? []).filter((tool) =>
      `${slug} ${name} ${tool.name} ${tool.exposedName}`.toLowerCase().includes(wanted),
    );
    if (tools.length === 0 && wanted !== "") continue;
    groups.push({ server: slug, name, first: columns.length, count: tools.length + 1 });
    columns.push({
      server: slug,
      tool: "*",
      rule: `${slug}:*`,
      label: "All tools",
      toolClass: null,
      isListed: true,
    });
    for (const tool of tools)
      columns.push({
        server: slug,
        tool: tool.name,
        rule: `${slug}:${tool.name}`,
        label: escapeLine(tool.name),
        toolClass: tool.toolClass,
        isListed: tool.isListed,
      });
  }
  return { columns, groups };
}
