import type { ToolClass } from "../../workers/contract/records/rule.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { CatalogueItem } from "../../workers/contract/rpc/tool-catalogue.ts";
import { isObject, parseObject } from "../../workers/mcp/json.ts";
import { AccessPolicy } from "./access-policy.ts";

/** The lists of servers as clients get them. */
interface ServedLists {
  find(serverId: string): { catalogue: { tools: CatalogueItem[] } } | undefined;
}

/** The policy for a configuration, with the classes of the tools that clients get. */
export function openPolicy(config: WorkspaceConfig, served: ServedLists): AccessPolicy {
  return new AccessPolicy(config, (serverId, tool) => {
    const tools = served.find(serverId)?.catalogue.tools;
    return (tools && classesOf(tools).get(tool)) ?? null;
  });
}

/** The class of a tool, by the annotations of its definition (JSON). */
export function toToolClass(json: string): ToolClass {
  const annotations = parseObject(json)?.["annotations"];
  if (!isObject(annotations)) return "destructive";
  if (annotations["readOnlyHint"] === true) return "read-only";
  return annotations["destructiveHint"] === false ? "additive" : "destructive";
}

/** The classes of the tools of a list by name. Kept with the list: a rule for a class is decided on every call. */
function classesOf(tools: CatalogueItem[]): ReadonlyMap<string, ToolClass> {
  const known = KNOWN.get(tools);
  if (known) return known;
  const classes = new Map(tools.map(({ key, json }) => [key, toToolClass(json)]));
  KNOWN.set(tools, classes);
  return classes;
}

const KNOWN = new WeakMap<CatalogueItem[], ReadonlyMap<string, ToolClass>>();
