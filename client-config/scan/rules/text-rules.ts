import { listMixedScripts, toSkeleton } from "../../../workers/contract/text/confusable-names.ts";
import {
  findEncodedText,
  findHidden,
  findOrders,
  listNamedTools,
  type SuspiciousPart,
} from "../../../workers/contract/text/suspicious-text.ts";
import type { Path } from "../../model.ts";
import { quote, type Draft, type Subject } from "../subject.ts";
import type { ToolText } from "../tool-list.ts";

const MAX_TOOLS = 100;
/** Characters of definitions: about 40,000 tokens. */
const MAX_CHARACTERS = 160_000;

/** DSC-01, MIX-02 and MIX-03 of lists of tools. */
export function checkTools(tools: readonly ToolText[]): (Draft & { server: string | null })[] {
  const drafts = tools.flatMap((tool) =>
    checkTool(tool, tools).map((draft) => ({ ...draft, server: tool.server })),
  );
  const size = tools.reduce((sum, tool) => sum + tool.size, 0);
  if (tools.length > MAX_TOOLS || size > MAX_CHARACTERS)
    drafts.push({
      rule: "MIX-03",
      severity: "medium",
      server: null,
      path: tools[0]?.path.slice(0, -1) ?? [],
      message: `There are ${tools.length} tools with about ${Math.round(size / 4000)},000 tokens of definitions.`,
    });
  return [...drafts, ...checkCollisions(tools)];
}

function checkTool(tool: ToolText, all: readonly ToolText[]): Draft[] {
  const name = quote(tool.name);
  const drafts = tool.texts.flatMap(({ text, path }) => checkText(text, path, `The tool ${name}`));
  const foreign = tool.texts.find(
    ({ text, path }) => path.at(-1) === "description" && namesForeignTool(text, tool, all),
  );
  if (foreign && drafts.length === 0)
    drafts.push({
      rule: "DSC-01",
      severity: "high",
      path: foreign.path,
      message: `The tool ${name} says how tools of another server are to be used.`,
    });
  // A reader needs the worst of each text.
  return keepWorst(drafts);
}

function keepWorst(drafts: Draft[]): Draft[] {
  const byPath = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = JSON.stringify(draft.path);
    const known = byPath.get(key);
    if (!known || (known.severity === "high" && draft.severity === "critical"))
      byPath.set(key, draft);
  }
  return [...byPath.values()];
}

/** Whether a text mentions a tool that another server has and its own does not. */
function namesForeignTool(text: string, tool: ToolText, all: readonly ToolText[]): boolean {
  const foreign = all.flatMap(({ server, name }) => (server === tool.server ? [] : [name]));
  return listNamedTools(text, foreign).some(
    (name) => !all.some((own) => own.server === tool.server && own.name === name),
  );
}

/** Orders, invisible characters and encoded parts of a text. `whose`: the beginning of the message. */
function checkText(text: string, path: Path, whose: string): Draft[] {
  const parts = [findOrders(text)[0], findEncodedText(text)].flatMap((part) => part ?? []);
  return [
    ...checkHidden(text, path, whose),
    ...parts.map((part) => toTextDraft(part, path, whose)),
  ];
}

function checkHidden(text: string, path: Path, whose: string): Draft[] {
  const hidden = findHidden(text);
  return hidden ? [toTextDraft(hidden, path, whose)] : [];
}

function toTextDraft({ severity, what }: SuspiciousPart, path: Path, whose: string): Draft {
  return { rule: "DSC-01", severity, path, message: `${whose} ${what}.` };
}

/** MIX-02. */
function checkCollisions(tools: readonly ToolText[]): (Draft & { server: string | null })[] {
  const owners = new Map<string, ToolText>();
  const bySkeleton = new Map<string, ToolText>();
  return tools.flatMap((tool) => {
    const { name, server, path } = tool;
    const skeleton = toSkeleton(name);
    const owner = owners.get(name);
    const similar = bySkeleton.get(skeleton);
    if (!owner) owners.set(name, tool);
    if (!similar) bySkeleton.set(skeleton, tool);
    const message = describeCollision(tool, owner, similar);
    if (message === null) return [];
    return [{ rule: "MIX-02" as const, severity: "high" as const, server, path, message }];
  });
}

/** `owner`: an earlier tool of the same name. `similar`: one that looks alike. */
function describeCollision(
  { name, server }: ToolText,
  owner: ToolText | undefined,
  similar: ToolText | undefined,
): string | null {
  if (owner)
    return owner.server === server
      ? `Two tools have the name ${quote(name)}.`
      : `${quote(server ?? "")} and ${quote(owner.server ?? "")} both have a tool ${quote(name)}.`;
  // Names that differ by signs and capitals only are read apart, and servers have their own habits of them.
  if (similar && toLetters(similar.name) !== toLetters(name))
    return `The names of the tools ${quote(name)} and ${quote(similar.name)} look alike.`;
  const scripts = listMixedScripts(name);
  return scripts.length > 0
    ? `The name of the tool ${quote(name)} mixes letters that look alike: ${scripts.join(", ")}.`
    : null;
}

function toLetters(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s/]/g, "");
}

/** DSC-01 of a configuration: invisible characters in what starts the server, and orders in its own texts. */
export function checkServerTexts(subject: Subject): Draft[] {
  const { server } = subject;
  const values =
    "facts" in subject
      ? [
          subject.program.command,
          ...subject.program.args,
          ...subject.program.env.map(({ value }) => value),
        ]
      : [subject.remote.url, ...subject.remote.headers.map(({ value }) => value)];
  const drafts = [
    ...checkHidden(server.name, server.path, "The name of the server"),
    ...values.flatMap(({ raw, path }) => checkHidden(raw, path, "A value")),
  ];
  for (const [key, value] of Object.entries(server.own))
    if (typeof value === "string")
      drafts.push(...checkText(value, [...server.path, key], `The member ${quote(key)}`));
  return drafts;
}
