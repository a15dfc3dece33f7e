import type { Severity } from "../severity.ts";
import { compareFiles } from "./compare-files.ts";
import { compareSchemas } from "./compare-schemas.ts";
import type { DefinitionKind } from "./definition.ts";
import type { Draft } from "./draft.ts";
import { HINT_NAMES, compareHints } from "./hints.ts";
import { getOwn, isEqual, isObject, toPointer, writeJson } from "./json-value.ts";
import { quote } from "./naming.ts";

/** Content that a client shows or runs, not only displays as text. */
const ACTIVE_TYPES = /html|javascript|svg|xml|wasm|pdf|x-sh/i;

/** What two definitions of one kind differ in, member by member, and whether a call that fitted still fits. */
export function compareMembers(
  kind: DefinitionKind,
  before: unknown,
  after: unknown,
): { drafts: Draft[]; isCompatible: boolean } {
  const names = new Set([before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  const drafts: Draft[] = kind === "tool" ? compareHints(before, after) : [];
  let isCompatible = true;
  for (const name of names) {
    const [old, current] = [getOwn(before, name), getOwn(after, name)];
    if (isEqual(old, current)) continue;
    if (kind === "tool" && name === "inputSchema") {
      const [schema, schemaNow] = [old, current].map(toObjectSchema);
      const label = "The list of arguments";
      const comparison = compareSchemas(schema, schemaNow, "/inputSchema", label);
      drafts.push(...comparison.differences);
      isCompatible &&= comparison.isCompatible();
    } else if (kind === "tool" && name === "outputSchema") {
      drafts.push(...compareOutput(old, current));
    } else if (kind === "prompt" && name === "arguments") {
      const comparison = compareSchemas(
        toSchema(old),
        toSchema(current),
        "/arguments",
        "The list of arguments",
      );
      drafts.push(...comparison.differences);
      isCompatible &&= comparison.isCompatible();
    } else if (kind === "skill" && name === "resources") {
      drafts.push(...compareFiles(old, current));
    } else if (kind === "skill" && name === "frontmatter") {
      drafts.push(...compareHead(old, current));
    } else if (name === "_meta") {
      drafts.push(...compareMeta(old, current));
    } else if (name === "annotations") {
      drafts.push(...compareAnnotations(old, current));
    } else {
      drafts.push({
        ...describeMember(kind, name, old, current),
        path: toPointer("", name),
        before: old,
        after: current,
      });
    }
  }
  return { drafts, isCompatible };
}

/** Arguments are an object, whether the schema says so or not. */
function toObjectSchema(schema: unknown): unknown {
  return isObject(schema) ? { type: "object", ...schema } : schema;
}

type Description = Pick<Draft, "rule" | "severity" | "message">;

function describeMember(
  kind: DefinitionKind,
  name: string,
  before: unknown,
  after: unknown,
): Description {
  const is = before === undefined ? "new" : after === undefined ? "removed" : "another one";
  switch (name) {
    case "description":
      return { rule: "description", severity: "low", message: `The description is ${is}.` };
    case "text":
      if (kind !== "skill") break;
      return {
        rule: "description",
        severity: "medium",
        message: `The text of the skill is ${is}.`,
      };
    case "title":
    case "name":
      return { rule: "title", severity: "low", message: `The ${name} is ${is}.` };
    case "icons":
      return { rule: "icons", severity: "low", message: "The icons are other ones." };
    case "mimeType": {
      const isActive = ACTIVE_TYPES.test(String(after)) && !ACTIVE_TYPES.test(String(before));
      return {
        rule: "content-type",
        severity: isActive ? "high" : "medium",
        message: `The type of the content is ${typeof after === "string" ? quote(after) : "not stated"} now.`,
      };
    }
    case "uri":
    case "uriTemplate":
      return {
        rule: "address",
        severity: "medium",
        message: `The address is ${quote(String(after))} now.`,
      };
    case "size":
      return { rule: "member", severity: "info", message: "The size is another one." };
    case "execution": {
      const [was, runs] = [before, after].map(toTaskSupport);
      return {
        rule: "member",
        severity: was === runs ? "info" : "medium",
        message:
          was === runs
            ? "How the tool runs is written in another way."
            : `To run as a task is ${quote(String(runs))} for the tool now.`,
      };
    }
    default:
  }
  return { rule: "member", severity: "low", message: `The member ${quote(name)} is ${is}.` };
}

/** Members of a skill's head that let a client do something without a question, or run something. */
const GRANTS =
  /^(?:allowed[-_]?tools|hooks?|mcp[-_]?servers|commands?|permission(?:s|[-_]?mode)|shell|context)$/i;

/** The head of a skill, which a model reads before the skill is loaded. */
function compareHead(before: unknown, after: unknown): Draft[] {
  if (!isObject(before) || !isObject(after))
    return [
      {
        rule: "description",
        severity: "medium",
        path: "/frontmatter",
        message: "The head of the skill is another one.",
        before,
        after,
      },
    ];
  const names = new Set([before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  return [...names].flatMap((name): Draft[] => {
    const [old, current] = [getOwn(before, name), getOwn(after, name)];
    if (isEqual(old, current)) return [];
    const isGrant = GRANTS.test(name) && current !== undefined;
    return [
      {
        rule: isGrant ? "member" : "description",
        severity: isGrant ? "high" : "medium",
        path: toPointer("/frontmatter", name),
        message: isGrant
          ? `The head of the skill has another ${quote(name)}: it says what runs or is allowed without a question.`
          : `The member ${quote(name)} of the skill’s head is ${current === undefined ? "removed" : "another one"}.`,
        before: old,
        after: current,
      },
    ];
  });
}

/** Absent, a tool does not run as a task (MCP 2025-11-25, `ToolExecution`). */
function toTaskSupport(execution: unknown): unknown {
  return getOwn(execution, "taskSupport") ?? "forbidden";
}

/** What a tool answers can break who reads it, and does nothing by itself. */
function compareOutput(before: unknown, after: unknown): Draft[] {
  const path = "/outputSchema";
  if (before === undefined || after === undefined)
    return [
      {
        rule: "output-schema",
        severity: "low",
        path,
        message:
          before === undefined
            ? "The tool describes its result now."
            : "The tool does not describe its result any more.",
        before,
        after,
      },
    ];
  return compareSchemas(before, after, path, "The result").differences.map((difference) => ({
    ...difference,
    rule: "output-schema",
    severity: difference.effect === "none" ? "info" : "low",
  }));
}

/** The arguments of a prompt as an object of texts. */
function toSchema(list: unknown): unknown {
  const items = Array.isArray(list) ? list : [];
  const named = items.map((item: unknown) => {
    const { name: _, required: __, ...rest } = isObject(item) ? item : {};
    return [String(getOwn(item, "name")), { type: "string", ...toTexts(rest) }] as const;
  });
  const required = items.flatMap((item: unknown) =>
    getOwn(item, "required") === true ? [String(getOwn(item, "name"))] : [],
  );
  return { type: "object", properties: Object.fromEntries(named), required };
}

/** What an argument says beside its name; members that the gateway does not know count as text about it. */
function toTexts(rest: object): object {
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) =>
      name === "title" || name === "description" ? [name, value] : [`x-${name}`, value],
    ),
  );
}

function compareAnnotations(before: unknown, after: unknown): Draft[] {
  const names = new Set([before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  return [...names].flatMap((name): Draft[] => {
    const [old, current] = [getOwn(before, name), getOwn(after, name)];
    if (HINT_NAMES.has(name) || isEqual(old, current)) return [];
    const isTitle = name === "title";
    return [
      {
        rule: isTitle ? "title" : "annotations",
        severity: name === "lastModified" || name === "priority" ? "info" : "low",
        path: toPointer("/annotations", name),
        message: isTitle
          ? "The title is another one."
          : `The annotation ${quote(name)} is another one.`,
        before: old,
        after: current,
      },
    ];
  });
}

/** Members of `_meta.ui` (MCP Apps), and what a change of them lets happen. */
const UI_MEMBERS: Record<string, [severity: Severity, message: string]> = {
  resourceUri: ["high", "The tool shows another page in the client."],
  csp: ["high", "The page can load from or connect to other hosts."],
  permissions: ["high", "The page asks for other permissions of the browser."],
  domain: ["medium", "The page runs at another origin."],
  visibility: ["medium", "The tool is for other callers: the model, the page, or both."],
};

function compareMeta(before: unknown, after: unknown): Draft[] {
  const names = new Set([before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  return [...names].flatMap((name): Draft[] => {
    const [old, current] = [getOwn(before, name), getOwn(after, name)];
    if (isEqual(old, current)) return [];
    const path = toPointer("/_meta", name);
    if (name === "ui") return compareUi(old, current, path);
    // The flat name of the same member before MCP Apps was final, and that of the clients of OpenAI.
    const isPage = name === "ui/resourceUri" || name === "openai/outputTemplate";
    return [
      {
        rule: isPage ? "ui" : "meta",
        severity: isPage ? "high" : "low",
        path,
        message: isPage
          ? "The tool shows another page in the client."
          : `The member ${quote(name)} of “_meta” is another one.`,
        before: old,
        after: current,
      },
    ];
  });
}

function compareUi(before: unknown, after: unknown, path: string): Draft[] {
  const names = new Set([before, after].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  return [...names].flatMap((name): Draft[] => {
    const [old, current] = [getOwn(before, name), getOwn(after, name)];
    if (isEqual(old, current)) return [];
    const [severity, message] = Object.hasOwn(UI_MEMBERS, name)
      ? (UI_MEMBERS[name] ?? ["medium", ""])
      : ([
          "medium",
          `The member ${quote(name)} of the page is another one: ${quote(writeJson(current ?? null))}.`,
        ] as const);
    return [
      { rule: "ui", severity, path: toPointer(path, name), message, before: old, after: current },
    ];
  });
}
