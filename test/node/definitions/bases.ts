import type { Definition } from "../../../workers/contract/definitions/definition.ts";

/** JSON that a mutation changes freely. */
// oxlint-disable-next-line typescript/no-explicit-any -- Mutations reach deep into data that each base spells out.
export type Json = any;

/** A tool that reads, with arguments of every kind. */
const SEARCH = {
  name: "search_notes",
  title: "Search notes",
  description:
    "Searches the notes of the workspace. Results are sorted by date, see https://docs.notes.example.com/search.",
  inputSchema: {
    type: "object",
    properties: {
      query: { type: "string", description: "Words to search for.", minLength: 1, maxLength: 200 },
      limit: {
        type: "integer",
        minimum: 1,
        maximum: 50,
        default: 10,
        description: "Most results.",
      },
      sort: { type: "string", enum: ["date", "title"], default: "date" },
      tag: { type: "string", pattern: "^[a-z]+$" },
      since: { type: "string", format: "date-time" },
      folders: { type: "array", items: { type: "string" }, maxItems: 5, uniqueItems: true },
      filter: {
        type: "object",
        properties: { author: { type: "string" }, archived: { type: "boolean", default: false } },
        required: ["author"],
        additionalProperties: false,
      },
      place: { $ref: "#/$defs/place" },
      target: {
        anyOf: [{ type: "string" }, { type: "object", properties: { id: { type: "integer" } } }],
      },
      labels: { type: "object", additionalProperties: { type: "string" } },
    },
    required: ["query"],
    additionalProperties: false,
    $defs: { place: { type: "object", properties: { city: { type: "string", maxLength: 80 } } } },
  },
  outputSchema: {
    type: "object",
    properties: { notes: { type: "array", items: { type: "string" } }, total: { type: "integer" } },
    required: ["notes"],
  },
  annotations: { title: "Search", readOnlyHint: true, openWorldHint: false, idempotentHint: true },
  icons: [{ src: "https://notes.example.com/icon.png", mimeType: "image/png" }],
  execution: { taskSupport: "forbidden" },
  _meta: {
    "example.com/team": "notes",
    ui: {
      resourceUri: "ui://notes/search.html",
      csp: { connectDomains: ["https://api.notes.example.com"] },
      permissions: { clipboardWrite: {} },
      visibility: ["model", "app"],
    },
  },
};
/** A tool that writes. */
const MOVE = {
  name: "move_note",
  description: "Moves a note to another folder.",
  inputSchema: {
    type: "object",
    properties: {
      id: { type: "string" },
      folder: { type: "string" },
      dryRun: { type: "boolean", default: true },
    },
    required: ["id", "folder"],
  },
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: true,
  },
};
/** A prompt. */
const PROMPT = {
  name: "summarize",
  title: "Summarize a note",
  description: "Writes a summary.",
  arguments: [
    { name: "id", description: "Id of the note.", required: true },
    { name: "style", description: "How it is written." },
  ],
};
/** A resource. */
const RESOURCE = {
  uri: "notes://today",
  name: "today",
  title: "Today",
  description: "The notes of today.",
  mimeType: "text/plain",
  size: 120,
  annotations: {
    audience: ["user", "assistant"],
    priority: 0.5,
    lastModified: "2026-11-01T00:00:00Z",
  },
};
/** A template of resources. */
const TEMPLATE = {
  uriTemplate: "notes://{id}",
  name: "note",
  description: "One note.",
  mimeType: "text/markdown",
};
/** The text of a handshake. */
const INSTRUCTIONS =
  "Search before you move notes.\nIds are texts. The documentation is at https://docs.notes.example.com.";
/** A skill with its files. */
const SKILL = {
  uri: "skill://notes/SKILL.md",
  frontmatter: { name: "tidy-notes", description: "Tidies the notes of a workspace." },
  text: "# Tidy notes\n\nSearch for old notes and move them to the folder “archive”.\n",
  resources: [
    { uri: "skill://notes/SKILL.md", digest: `sha256:${"a".repeat(64)}`, size: 80 },
    { uri: "skill://notes/list.md", digest: `sha256:${"b".repeat(64)}`, size: 40 },
    { uri: "skill://notes/tidy.py", digest: `sha256:${"c".repeat(64)}`, size: 900 },
  ],
};

/** The definitions that mutations start from. */
export const BASES = {
  search: { kind: "tool", key: "search_notes", value: SEARCH },
  move: { kind: "tool", key: "move_note", value: MOVE },
  prompt: { kind: "prompt", key: "summarize", value: PROMPT },
  resource: { kind: "resource", key: "notes://today", value: RESOURCE },
  template: { kind: "template", key: "notes://{id}", value: TEMPLATE },
  instructions: { kind: "instructions", key: "", value: INSTRUCTIONS },
  skill: { kind: "skill", key: "skill://notes/SKILL.md", value: SKILL },
} as const;
/** Name of one of them. */
export type BaseName = keyof typeof BASES;

/** The definition of a value. */
export function toDefinition(base: BaseName, value: unknown = BASES[base].value): Definition {
  const { kind, key } = BASES[base];
  return { kind, key, json: JSON.stringify(value) };
}

/** A definition after a change of its value, which can be in place or a new value. */
export function mutate(
  base: BaseName,
  change: (value: Json) => unknown,
  from: Definition = toDefinition(base),
): Definition {
  const value: Json = JSON.parse(from.json);
  const changed = change(value);
  return toDefinition(base, changed === undefined ? value : changed);
}
