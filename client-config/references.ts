import type { ClientId } from "../workers/contract/marketplace/install/clients.ts";
import type { Reference, Template } from "./model.ts";

/** Where a text is in a server: some clients replace references at some places only. */
export type Place = "command" | "args" | "env" | "envFile" | "workingDirectory" | "url" | "headers";

/** How a client writes references in its texts. */
interface Syntax {
  pattern: RegExp;
  /** What a match refers to. Null: it is text, such as `${workspaceFolder}`. */
  read: (match: RegExpMatchArray) => Reference | null;
  /** Null: the client cannot say it. */
  write: (reference: Reference) => string | null;
}

const environment = (name: string, preset: string | null = null): Reference => ({
  kind: "environment",
  name,
  default: preset,
});

/** `${NAME}` and `${NAME:-default}`. */
const WITH_DEFAULT: Syntax = {
  pattern: /\$\{([A-Za-z_]\w*)(?::-([^{}]*))?\}/g,
  read: ([, name = "", preset]) => environment(name, preset ?? null),
  write: ({ kind, name, default: preset }) => {
    if (kind !== "environment") return null;
    return preset === null ? `\${${name}}` : `\${${name}:-${preset}}`;
  },
};

/** `$NAME` and `${NAME}`. */
const SHELL: Syntax = {
  pattern: /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
  read: ([, braced, bare]) => environment(braced ?? bare ?? ""),
  write: ({ kind, name }) => (kind === "environment" ? `\${${name}}` : null),
};

/** `${env:NAME}`, and what else of this form the client knows. */
function toNamed(prefixes: Partial<Record<Reference["kind"], string>>, open: string): Syntax {
  const kinds = Object.entries(prefixes) as [Reference["kind"], string][];
  const names = kinds.map(([, prefix]) => prefix).join("|");
  return {
    pattern: new RegExp(`${open.replaceAll(/[${]/g, "\\$&")}(${names}):([^{}]+)\\}`, "g"),
    read: ([, prefix, name = ""]) => {
      const kind = kinds.find(([, own]) => own === prefix)?.[0];
      return kind === undefined ? null : { kind, name, default: null };
    },
    write: ({ kind, name }) => {
      const prefix = prefixes[kind];
      return prefix === undefined ? null : `${open}${prefix}:${name}}`;
    },
  };
}

/** `${{ secrets.NAME }}`, which Continue reads from `~/.continue/.env`. */
const SECRETS: Syntax = {
  pattern: /\$\{\{\s*secrets\.([\w.-]+)\s*\}\}/g,
  read: ([, name = ""]) => environment(name),
  write: ({ kind, name }) => (kind === "environment" ? `\${{ secrets.${name} }}` : null),
};

/** Null: the client replaces nothing. Codex takes variables by name, which its format says. */
const SYNTAXES: Record<ClientId, Syntax | null> = {
  "claude-code": WITH_DEFAULT,
  "claude-desktop": null,
  cursor: toNamed({ environment: "env" }, "${"),
  vscode: toNamed({ environment: "env", input: "input" }, "${"),
  codex: null,
  "gemini-cli": SHELL,
  "copilot-cli": SHELL,
  opencode: toNamed({ environment: "env", file: "file" }, "{"),
  goose: SHELL,
  windsurf: toNamed({ environment: "env", file: "file" }, "${"),
  zed: null,
  cline: null,
  kiro: SHELL,
  continue: SECRETS,
  "lm-studio": null,
};

/** Syntaxes that no other text has. `$NAME` and `${NAME}` are also those of shells, for which an argument can be meant. */
const NAMED_SYNTAXES = [
  toNamed({ environment: "env", input: "input", file: "file" }, "${"),
  toNamed({ environment: "env", file: "file" }, "{"),
  SECRETS,
];

/** Goose replaces variables where it connects to addresses, and nothing where it starts programs. */
function findSyntax(client: ClientId, place: Place): Syntax | null {
  if (client === "goose" && place !== "url" && place !== "headers") return null;
  return SYNTAXES[client];
}

/** Whether a client's texts can refer to variables of its environment at a place. */
export function canRefer(client: ClientId, place: Place): boolean {
  return findSyntax(client, place) !== null;
}

/** A text with its references. */
export function parseTemplate(text: string, client: ClientId, place: Place): Template {
  const syntax = findSyntax(client, place);
  return syntax ? parseWith(text, syntax) : [text];
}

function parseWith(text: string, syntax: Syntax): Template {
  const parts: (string | Reference)[] = [];
  let from = 0;
  for (const match of text.matchAll(syntax.pattern)) {
    const reference = syntax.read(match);
    if (!reference) continue;
    parts.push(text.slice(from, match.index), reference);
    from = match.index + match[0].length;
  }
  return toTemplate([...parts, text.slice(from)]);
}

/** The template as another client reads it, if that finds references that this client takes for text; null: it does not. */
export function findForeignTemplate(
  template: Template,
  client: ClientId,
  place: Place,
): Template | null {
  const syntax = findSyntax(client, place);
  const others = NAMED_SYNTAXES.filter((other) => other !== syntax);
  for (const other of others) {
    const read = template.flatMap((part) =>
      typeof part === "string" ? parseWith(part, other) : [part],
    );
    if (
      read.length > template.length ||
      read.some((part, at) => typeof part !== typeof template[at])
    )
      return toTemplate(read);
  }
  return null;
}

/** A list of parts without empty texts, and without two texts in a row. */
export function toTemplate(parts: readonly (string | Reference)[]): Template {
  const joined: (string | Reference)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string")
      joined[joined.length - 1] = last + part;
    else if (part !== "") joined.push(part);
  }
  return joined.length === 0 ? [""] : joined;
}

/**
 * The text of a template in a client's syntax. What the client cannot say: an input becomes the environment variable
 * `toVariableName`, a default is left away, and a reference becomes `<NAME>`, which a person has to replace.
 */
export function writeTemplate(template: Template, client: ClientId, place: Place): string {
  const syntax = findSyntax(client, place);
  return template
    .map((part) => {
      if (typeof part === "string") return part;
      const variable = toEnvironment(part);
      return syntax?.write(part) ?? syntax?.write(variable) ?? `<${variable.name}>`;
    })
    .join("");
}

/** An input as a reference to the client's environment. Other references stay. */
export function toEnvironment(reference: Reference): Reference {
  return reference.kind === "input" ? environment(toVariableName(reference.name)) : reference;
}

/** The environment variable in place of an input of VS Code: `api-key` becomes `API_KEY`. */
export function toVariableName(id: string): string {
  const name = id
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^[A-Z_]/.test(name) ? name : `INPUT_${name}`;
}

/** The one variable that a template is, behind a prefix; null: it is more or less than that. */
export function findVariable(template: Template, prefix = ""): Reference | null {
  const count = prefix === "" ? 1 : 2;
  const last = template.at(-1);
  if (template.length !== count || typeof last !== "object" || last.kind === "file") return null;
  return count === 1 || template[0] === prefix ? toEnvironment(last) : null;
}
