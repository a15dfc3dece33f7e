import { listMixedScripts, toSkeleton } from "../../../workers/contract/text/confusable-names.ts";
import { listHidden } from "../../../workers/contract/text/hidden-characters.ts";
import type { Path } from "../../model.ts";
import { quote, type Draft, type Subject } from "../subject.ts";
import type { ToolText } from "../tool-list.ts";

const MAX_TOOLS = 100;
/** Characters of definitions: about 40,000 tokens. */
const MAX_CHARACTERS = 160_000;
/** Longest text that is looked at; the rest of a longer one counts as its end does. */
const MAX_TEXT = 20_000;

/** Orders to the model, worst first. */
const ORDERS: readonly [severity: "critical" | "high", pattern: RegExp, what: string][] = [
  [
    "critical",
    /<\s*\/?\s*(?:important|system|instructions?|hidden|secret|admin|critical|assistant|sys|override)\s*>|\[\/?(?:system|inst|hidden)\]|<\|(?:im_start|system)\|>/i,
    "marks an order to the model",
  ],
  [
    "critical",
    /\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|the|your|every|these|those|of)\s+){0,3}(?:previous|prior|above|earlier|preceding|other|existing|system|safety)\s+(?:\w+\s+){0,2}(?:instructions?|prompts?|rules?|messages?|directions?|guidelines?|context)/i,
    "tells the model to ignore its instructions",
  ],
  [
    "critical",
    /\b(?:do not|don['’]?t|never|must not|should not|without|avoid)\s+(?:ever\s+)?(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|notify(?:ing)?|reveal(?:ing)?|alert(?:ing)?|disclos(?:e|ing)|show(?:ing)?|explain(?:ing)?|report(?:ing)?|let(?:ting)?)\s+(?:(?:this|that|it|anything|about|of|to|any|step)\s+){0,4}(?:the\s+|your\s+)?(?:user|human|person|operator)\b|\b(?:user|human)\s+(?:must|should|may|need)\s*(?:not|n['’]t)\s+(?:know|see|be (?:told|informed|aware))|\bkeep (?:this|it) (?:a )?secret from\b/i,
    "tells the model to hide something from you",
  ],
  [
    "critical",
    /\b(?:before|first|prior to)\b[^.\n]{0,160}\b(?:read|cat|open|load|fetch|access|retrieve|get)\b[^.\n]{0,80}(?:~\/|\/etc\/|\.ssh|id_rsa|\.env\b|mcp\.json|\.aws|credentials?\b[^.\n]{0,20}file|private key|\/home\/|\.cursor)|\b(?:read|cat|open|load)\b[^.\n]{0,60}(?:~\/\.\w+|id_rsa|\.ssh\b|\/etc\/(?:passwd|shadow)|mcp\.json|\.cursor\b)/i,
    "tells the model to read your files",
  ],
  [
    "critical",
    /\b(?:put|paste|pass|include|provide|supply|give|attach|insert|write|copy|add|send)\b[^.\n]{0,60}\b(?:contents?|text|body|value|lines?|copy)\s+(?:of|from|in)\b[^.\n]{0,40}(?:~\/\.(?:ssh|aws|cursor|gnupg|kube|netrc|npmrc|pypirc|docker|git-credentials|config\/gcloud)\b|id_(?:rsa|ed25519|ecdsa)\b|mcp\.json|\/etc\/(?:passwd|shadow))|\bcontents?\s+of\b[^.\n]{0,40}(?:~\/\.(?:ssh|aws|cursor|gnupg|kube|netrc|npmrc|pypirc|docker|git-credentials|config\/gcloud)\b|id_(?:rsa|ed25519|ecdsa)\b|mcp\.json|\/etc\/(?:passwd|shadow))[^\n]{0,40}\bhere\b/i,
    "asks for the content of your files",
  ],
  [
    "critical",
    /\bpass(?:ing)?\b[^.\n]{0,60}\b(?:content|contents|result|output|conversation|history|file)\b[^.\n]{0,60}\b(?:as|in|into|to|via)\b[^.\n]{0,30}(?:['"`]?(?:sidenote|side_note|notes?|context|metadata|debug)['"`]?)\b/i,
    "tells the model to pass data on in an argument",
  ],
  [
    "high",
    /\b(?:send|forward|upload|post|exfiltrate|transmit|leak|copy|bcc|cc)\b[^.\n]{0,80}\b(?:conversation|chat history|credentials?|api keys?|tokens?|passwords?|secrets?|env(?:ironment)? variables?|private keys?|system prompt)\b[^.\n]{0,80}\b(?:to|at)\b[^.\n]{0,40}(?:https?:\/\/|@|\bserver\b|\bendpoint\b|\battacker\b)/i,
    "tells the model to send data away",
  ],
  [
    "high",
    /\b(?:always|must|first|also|silently|secretly|automatically)\b[^.\n]{0,40}\b(?:send|forward|upload|post|e-?mail|transmit|copy|bcc|cc)\b[^.\n]{0,80}\b(?:to|at)\s+[\w.+-]{1,60}@[\w-]{1,60}\.\w|\b(?:always|silently|secretly|automatically)\b[^.\n]{0,40}\b(?:send|forward|upload|post|e-?mail|transmit|copy|bcc|cc)\b[^.\n]{0,80}\b(?:to|at)\s+https?:\/\//i,
    "tells the model to send data away",
  ],
  [
    "high",
    /\b(?:when(?:ever)?|if|before|after|each time|every time)\b[^.\n]{0,20}\btool\s+["'`]?[\w-]{1,60}["'`]?\s+(?:of|from|on|in|by)\s+(?:the\s+)?server\s+["'`]?[\w-]{1,60}["'`]?\s+(?:is|was|gets)\s+(?:called|used|invoked|run)\b[^.\n]{0,80}\b(?:must|always|instead|should|also|first|mandatory)\b/i,
    "says how tools of another server are to be used",
  ],
  [
    "high",
    /\b(?:when(?:ever)?|if|before|after|each time|every time)\b[^.\n]{0,60}\b(?:any|every|all|each)\s+(?:other\s+)?(?:tools?|servers?|functions?)\b[^.\n]{0,120}\b(?:must|always|instead|should|also|first|mandatory)\b|\b(?:must|always)\b[^.\n]{0,60}\b(?:before|instead of)\b[^.\n]{0,30}\b(?:any|every|all|each)\s+(?:other\s+)?(?:tools?|servers?)\b|\bthis tool (?:replaces|overrides|supersedes) (?:all|any|every|the) other (?:tools?|servers?)\b/i,
    "changes how the model uses other tools",
  ],
  [
    "high",
    /<!--[\s\S]{1,4000}?-->/,
    "has a comment, which you do not see where the text is shown as Markdown",
  ],
  [
    "high",
    /\n(?:[ \t]{0,80}\n){15,200}[ \t]{0,80}\S|[ \t]{120,400}\S/,
    "moves a part of itself out of sight",
  ],
];

const BLOB = /(?:^|[^\w/+])((?:[A-Za-z0-9+/]{4}){12,}={0,2})(?![\w/+])/g;

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

function namesForeignTool(text: string, tool: ToolText, all: readonly ToolText[]): boolean {
  const words = new Set(text.slice(0, MAX_TEXT).match(/[A-Za-z][\w-]{5,60}/g));
  return all.some(
    (other) =>
      other.server !== tool.server &&
      /[_-]|[a-z][A-Z]/.test(other.name) &&
      words.has(other.name) &&
      !all.some((own) => own.server === tool.server && own.name === other.name),
  );
}

/** Orders, invisible characters and encoded parts of a text. `whose`: the beginning of the message. */
function checkText(text: string, path: Path, whose: string): Draft[] {
  const rule = "DSC-01";
  const drafts = checkHidden(text, path, whose);
  const shown =
    text.length > MAX_TEXT ? text.slice(0, MAX_TEXT / 2) + text.slice(-MAX_TEXT / 2) : text;
  const order = ORDERS.find(([, pattern]) => pattern.test(shown));
  if (order) drafts.push({ rule, severity: order[0], path, message: `${whose} ${order[2]}.` });
  for (const [, blob = ""] of shown.matchAll(BLOB))
    if (isEncodedText(blob)) {
      drafts.push({ rule, severity: "high", path, message: `${whose} has a text in base64.` });
      break;
    }
  return drafts;
}

function checkHidden(text: string, path: Path, whose: string): Draft[] {
  const hidden = listHidden(text);
  if (hidden.length === 0) return [];
  const isEscape = hidden.some((one) => one === "U+001B" || one === "U+009B");
  // Tag characters spell text; the others turn text around or are marks in it.
  const isWorst =
    isEscape ||
    hidden.some((one) => /^U\+E00[2-7][0-9A-F]$|^U\+202[A-E]$|^U\+206[6-9]$/.test(one)) ||
    hidden.length > 3;
  const what = isEscape
    ? "controls the terminal by escape sequences"
    : `has invisible characters (${hidden.slice(0, 4).join(", ")})`;
  return [
    { rule: "DSC-01", severity: isWorst ? "critical" : "high", path, message: `${whose} ${what}.` },
  ];
}

function isEncodedText(blob: string): boolean {
  try {
    const decoded = atob(blob);
    const readable = decoded.replaceAll(/[^\x20-\x7e\n\t]/g, "");
    return readable.length > decoded.length * 0.95 && /[ \n]/.test(decoded);
  } catch {
    // No base64.
    return false;
  }
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
