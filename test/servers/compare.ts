import { isDeepStrictEqual } from "node:util";
import {
  isObject,
  LISTS,
  type Definition,
  type List,
  type RenameForCall,
  type Snapshot,
} from "./snapshot.ts";

/** A value that is not the same through the gateway. */
export interface Difference {
  /** JSON path; items and calls are named instead of numbered. */
  path: string;
  /** Undefined: absent. */
  direct: unknown;
  through: unknown;
  /** The documented change that explains it; null: unexpected. */
  reason: string | null;
}

/** What the gateway says about a server. */
export interface GatewayView {
  exposeName: RenameForCall;
  /** The warnings that the admin sees. */
  warnings: string[];
}

const KEY_MEMBERS: Record<List, string> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  resourceTemplates: "uriTemplate",
};
const METHODS: Record<List, string> = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  resourceTemplates: "resources/templates/list",
};
/** The capabilities that the gateway takes from its servers. */
const RELAYED_CAPABILITIES = ["tools", "prompts", "resources", "completions", "logging"];

/** Members of results that 2026-07-28 has added. */
const NEW_MEMBERS = ["ttlMs", "cacheScope"];
const SERVER_INFO = "io.modelcontextprotocol/serverInfo";

/** The differences of two snapshots by the same SDK: lists, capabilities, instructions and results of calls. */
export function compareSnapshots(
  direct: Snapshot,
  through: Snapshot,
  labels: string[],
  view: GatewayView,
): Difference[] {
  return [
    ...LISTS.flatMap((list) => compareLists(list, direct, through, view)),
    ...compareCapabilities(direct.capabilities, through.capabilities),
    ...compareInstructions(direct, through, view),
    ...labels.flatMap((label, index) => {
      const path = `$.calls[${JSON.stringify(label)}]`;
      const isTranslated = direct.protocolVersion !== through.protocolVersion;
      return diff(path, direct.results[index], through.results[index]).map((difference) => ({
        ...difference,
        reason: isTranslated ? explainResult(path, difference) : null,
      }));
    }),
  ];
}

function compareLists(
  list: List,
  direct: Snapshot,
  through: Snapshot,
  view: GatewayView,
): Difference[] {
  const names = toOwnNames(list, direct.lists[list], view);
  const toKey = (item: Definition) => String(item[KEY_MEMBERS[list]]);
  const expected = new Map(direct.lists[list].map((item) => [toKey(item), item]));
  const actual = new Map(
    through.lists[list].map((item) => {
      const name = names.get(toKey(item));
      const own = name === undefined ? item : { ...item, name };
      return [toKey(own), own];
    }),
  );
  const differences = [...new Set([...expected.keys(), ...actual.keys()])].flatMap((key) => {
    const path = `$.${list}[${JSON.stringify(key)}]`;
    const item = expected.get(key);
    return diff(path, item, actual.get(key)).map((difference) => ({
      ...difference,
      reason: explainItem(list, key, item, difference, path, view.warnings),
    }));
  });
  const order = diff(
    `$.${list}.order`,
    [...expected.keys()].filter((key) => actual.has(key)),
    [...actual.keys()].filter((key) => expected.has(key)),
  );
  return [...compareRefusals(list, direct, through), ...differences, ...order];
}

/** Whether the SDK accepts the list. A list that it refuses directly, the gateway repairs. */
function compareRefusals(list: List, direct: Snapshot, through: Snapshot): Difference[] {
  const before = direct.refused[list];
  const after = through.refused[list];
  if (before === undefined && after === undefined) return [];
  const reason = after === undefined ? "the gateway repairs what the client refuses" : null;
  return [{ path: `$.${list}`, direct: before, through: after, reason }];
}

/** The server's names by their exposed names. */
function toOwnNames(
  list: List,
  items: Definition[],
  { exposeName }: GatewayView,
): Map<string, string> {
  if (list !== "tools" && list !== "prompts") return new Map();
  const names = items.map((item) => String(item["name"]));
  return new Map(names.map((name) => [exposeName(list, name), name]));
}

/** The documented change that explains a difference of an item; null: none does. */
function explainItem(
  list: List,
  key: string,
  item: Definition | undefined,
  { path, through }: Difference,
  itemPath: string,
  warnings: string[],
): string | null {
  const execution = isObject(item?.["execution"]) ? item["execution"] : {};
  const isTask = path === itemPath && execution["taskSupport"] === "required";
  if (list === "tools" && through === undefined) {
    if (path === `${itemPath}.execution`) return "`execution` is removed";
    if (isTask) return "a tool that requires tasks is shown to clients with tasks only";
  }
  const warning = warnings.find((text) => text.startsWith(`${METHODS[list]}: "${key}" `));
  return warning === undefined ? null : `warning: ${warning}`;
}

function compareCapabilities(
  direct: Record<string, unknown>,
  through: Record<string, unknown>,
): Difference[] {
  return diff("$.capabilities", direct, through).map((difference) => {
    const [, , name = "", member] = difference.path.split(".");
    return { ...difference, reason: explainCapability(name, member, difference) };
  });
}

function explainCapability(
  name: string,
  member: string | undefined,
  { path, direct, through }: Difference,
): string | null {
  if (path === "$.capabilities.tools" && direct === undefined)
    return "the gateway always declares tools";
  if (member === "listChanged" && through === true)
    return "the gateway itself sends change notifications";
  if (direct === false && through === undefined) return "absent means false";
  if (name === "tasks" && through === undefined)
    return member === "list"
      ? "the gateway declares no list of tasks"
      : "tasks are not translated between the eras";
  if (!RELAYED_CAPABILITIES.includes(name) && through === undefined)
    return "the gateway declares only what it relays";
  return null;
}

/** The documented change of a result that the gateway or the bridge translates to 2026-07-28; null: there is none. */
function explainResult(callPath: string, { path, direct, through }: Difference): string | null {
  const member = path.slice(callPath.length + 1);
  const isServerInfo =
    member === "_meta" &&
    isObject(through) &&
    isDeepStrictEqual(Object.keys(through), [SERVER_INFO]);
  const isAdded = direct === undefined && (NEW_MEMBERS.includes(member) || isServerInfo);
  return isAdded ? "2026-07-28 adds it to results" : null;
}

/** The instructions are the server's; a tool in them can have its exposed name. */
function compareInstructions(direct: Snapshot, through: Snapshot, view: GatewayView): Difference[] {
  let own = through.instructions;
  for (const [exposed, name] of toOwnNames("tools", direct.lists.tools, view))
    own = own?.replaceAll(exposed, name) ?? null;
  return diff("$.instructions", direct.instructions, own);
}

/** The differences of two JSON values, down to the smallest parts that differ. */
function diff(path: string, direct: unknown, through: unknown): Difference[] {
  if (isDeepStrictEqual(direct, through)) return [];
  if (Array.isArray(direct) && Array.isArray(through) && direct.length === through.length)
    return direct.flatMap((value, index) => diff(`${path}[${index}]`, value, through[index]));
  if (isObject(direct) && isObject(through))
    return [...new Set([...Object.keys(direct), ...Object.keys(through)])].flatMap((key) =>
      diff(`${path}${toStep(key)}`, direct[key], through[key]),
    );
  return [{ path, direct, through, reason: null }];
}

const toStep = (key: string) =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
