import type { ClientId } from "./clients.ts";
import type { InstallVariable } from "./configuration.ts";
import { fillServerUrl, toUrlPart } from "./remote-url.ts";
import type { Argument, Setup } from "./setup.ts";
import type { Slot, Template } from "./template.ts";

/** What a person has typed, by the ids of the variables. */
export type Values = Readonly<Record<string, string>>;

/** A value that is not given: how the client's configuration refers to it. */
const REFERENCES: Record<ClientId, (variable: InstallVariable, key: string) => string> = {
  "claude-code": toShellVariable,
  "claude-desktop": toPlaceholder,
  cursor: ({ reference }) => `\${env:${reference}}`,
  vscode: (variable, key) => `\${input:${toInputId(variable, key)}}`,
  codex: toPlaceholder,
  "gemini-cli": toShellVariable,
  "copilot-cli": toShellVariable,
  opencode: ({ reference }) => `{env:${reference}}`,
  goose: toPlaceholder,
  windsurf: ({ reference }) => `\${env:${reference}}`,
  zed: toPlaceholder,
  cline: toPlaceholder,
  kiro: toShellVariable,
  continue: ({ reference }) => `\${{ secrets.${reference} }}`,
  "lm-studio": toPlaceholder,
};

/** What each client replaces in the texts of its configuration. */
const REPLACED: Partial<Record<ClientId, RegExp>> = {
  "claude-code": /\$\{/,
  cursor: /\$\{/,
  vscode: /\$\{/,
  windsurf: /\$\{/,
  continue: /\$\{\{/,
  "gemini-cli": /\$[\w{]/,
  "copilot-cli": /\$[\w{]/,
  goose: /\$[\w{]/,
  kiro: /\$[\w{]/,
  opencode: /\{(env|file):/,
};

function toShellVariable({ reference }: InstallVariable): string {
  return `\${${reference}}`;
}

function toPlaceholder({ name }: InstallVariable): string {
  return `<${name}>`;
}

/** Whether a client gets `<name>` for what is not given, which stays until a person edits the file. */
export function hasPlaceholders(client: ClientId): boolean {
  return REFERENCES[client] === toPlaceholder;
}

/** The id under which VS Code asks for a value. Two servers of one file do not share it. */
export function toInputId({ reference, place }: InstallVariable, key: string): string {
  const id = reference.toLowerCase().replaceAll("_", "-");
  return place === "environment" ? `${key}-${id}` : id;
}

/** Replaces a value that a person types where only the entry's own text is judged. No filled text has this character. */
export const OWN_VALUE = "\0";

/** A server with the values that are given, as one client writes it. */
export type FilledSetup =
  | {
      kind: "program";
      command: string;
      options: string[];
      /** `options` with `OWN_VALUE` for each value that a person types. */
      entryOptions: string[];
      args: string[];
      env: FilledSlot[];
    }
  | { kind: "address"; type: "streamable-http" | "sse"; url: string; headers: FilledSlot[] };

/** An environment variable or header with its value. */
export interface FilledSlot {
  name: string;
  text: string;
  /** The variables of the value that are not given. */
  open: InstallVariable[];
  /** Whether the value is one such variable and nothing else. */
  isReference: boolean;
  /** Whether it is `Bearer` and one such variable. */
  isBearer: boolean;
}

/** Fills the values into the texts of a server. */
export class Filler {
  /** Every variable that the result refers to. */
  readonly referenced = new Map<string, InstallVariable>();
  /** Those that its address, options or arguments refer to. */
  readonly inWords = new Set<InstallVariable>();
  /** What a person reads of values that cannot be used, or that the client changes. */
  readonly warnings = new Set<string>();
  readonly #client: ClientId;
  readonly #key: string;
  readonly #values: Values;
  readonly #hidesSecrets: boolean;

  /**
   * `key`: the server's name in the client. `hidesSecrets`: for links. A secret is referred to, whether it is given or
   * not.
   */
  constructor(client: ClientId, key: string, values: Values, hidesSecrets: boolean) {
    this.#client = client;
    this.#key = key;
    this.#values = values;
    this.#hidesSecrets = hidesSecrets;
  }

  fill(setup: Setup): FilledSetup {
    if (setup.kind === "address") {
      const { kind, type, url, headers } = setup;
      const filled = this.#fillSlots(headers);
      // A line break would begin another header.
      const lines = filled.map((slot) => ({
        ...slot,
        text: slot.text.replaceAll(/[\r\n]+/g, " "),
      }));
      return { kind, type, url: this.#fillUrl(url), headers: lines };
    }
    const { kind, command, options, args, env } = setup;
    return {
      kind,
      command,
      options: this.#fillArguments(options),
      entryOptions: this.#fillArguments(options, (word) => this.#toEntryText(word)),
      args: this.#fillArguments(args),
      env: this.#fillSlots(env),
    };
  }

  #fillArguments(
    args: Argument[],
    toWord: (word: Template) => string = (word) => this.#toText(word),
  ): string[] {
    const used = args.filter((words) => words.every((word) => !this.#isLeftOut(word)));
    for (const word of used.flat()) this.#noteOpen(word);
    return used.flatMap((words) => words.map((word) => toWord(word)));
  }

  /** Defaults and choices are texts of the entry, also if a person has picked them. */
  #toEntryText(template: Template): string {
    return template
      .map((part) => {
        if (typeof part === "string") return toText(part);
        const value = this.#find(part);
        if (value === "" && part.choices.length > 0) return toText(part.choices.join("|"));
        const isOwn = value === "" || (value !== part.default && !part.choices.includes(value));
        return isOwn ? OWN_VALUE : toText(value);
      })
      .join("");
  }

  #fillSlots(slots: Slot[]): FilledSlot[] {
    return slots
      .filter(({ value }) => !this.#isLeftOut(value))
      .map(({ name, value }) => {
        const open = value.filter((part) => typeof part !== "string" && !this.#isGiven(part));
        const [first] = value;
        return {
          name,
          text: this.#toText(value),
          open: open as InstallVariable[],
          isReference: value.length === 1 && open.length === 1,
          isBearer: value.length === 2 && open.length === 1 && first === "Bearer ",
        };
      });
  }

  /** A value within an address stays in its part: it cannot become another host, path or query. */
  #fillUrl(url: Template): string {
    this.#noteOpen(url);
    const given = new Map(
      url.flatMap((part) =>
        typeof part !== "string" && this.#isGiven(part)
          ? [[part.name, this.#find(part)] as const]
          : [],
      ),
    );
    const template = url
      .map((part) => (typeof part === "string" ? part : `{${part.name}}`))
      .join("");
    const isUsable = fillServerUrl(template, (name) => given.get(name)) !== null;
    if (!isUsable)
      this.warnings.add("The values do not make a valid address, so they are left out.");
    return this.#toText(url, isUsable ? toUrlPart : null);
  }

  /** `toPart` null: no value is filled in. */
  #toText(
    template: Template,
    toPart: ((value: string, at: number) => string) | null = (value) => value,
  ): string {
    const parts = template.map((part, at) => {
      if (typeof part === "string") return { text: toText(part), isText: true };
      if (toPart !== null && this.#isGiven(part))
        return { text: toPart(toText(this.#find(part)), at), isText: true };
      this.referenced.set(part.id, part);
      return { text: toText(REFERENCES[this.#client](part, this.#key)), isText: false };
    });
    const own = parts.map(({ text, isText }) => (isText ? text : "\n")).join("");
    if (REPLACED[this.#client]?.test(own))
      this.warnings.add(`The client replaces a part of this text by a variable: ${own}`);
    return parts.map(({ text }) => text).join("");
  }

  #noteOpen(template: Template): void {
    for (const part of template)
      if (typeof part !== "string" && !this.#isGiven(part)) this.inWords.add(part);
  }

  #isLeftOut(template: Template): boolean {
    return template.some(
      (part) => typeof part !== "string" && !part.isRequired && this.#find(part) === "",
    );
  }

  #isGiven(variable: InstallVariable): boolean {
    return !(this.#hidesSecrets && variable.isSecret) && this.#find(variable) !== "";
  }

  /** The value; empty: there is none. */
  #find({ id, default: preset }: InstallVariable): string {
    const typed = Object.hasOwn(this.#values, id) ? this.#values[id] : undefined;
    return typed === undefined || typed === "" ? (preset ?? "") : typed;
  }
}

/** A text as programs can get it: without halves of surrogate pairs and NUL. */
function toText(text: string): string {
  return text.toWellFormed().replaceAll(OWN_VALUE, "");
}
