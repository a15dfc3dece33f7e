import { SECRET_NAME } from "../secret-name.ts";
import type { NamedInput } from "../server-document.ts";
import type { InstallVariable } from "./configuration.ts";
import { URL_VARIABLE } from "./remote-url.ts";

/** A text with variables in it. */
export type Template = (string | InstallVariable)[];

/** An environment variable or a header with its value. */
export interface Slot {
  name: string;
  value: Template;
}

/** Names of environment variables or inputs, by the ids of the variables of a package or remote. */
export type References = Readonly<Record<string, string>>;

type Input = Omit<NamedInput, "name" | "variables">;
type Place = InstallVariable["place"];

/** A value that only shows what belongs there. */
const STAND_IN = /^<[^<>]*>$|^your[ _-]|[_-]here$/i;
/** A reference to a variable of the shell, which entries write for a value that the person has to give. */
const SHELL_VARIABLE = /\$\{([A-Za-z_]\w{0,99})\}/g;

/** Makes the variables of one package or remote, with ids and references that are unique in it. */
export class Variables {
  readonly all: InstallVariable[] = [];
  readonly #prefix: string;
  readonly #references: References;

  /**
   * `key`: the server's name in the client. References other than environment variables begin with it. `references`:
   * names that the person has chosen instead, by the ids of the variables.
   */
  constructor(key: string, references: References) {
    this.#references = references;
    // Without it, a server named `aws` could have AWS_SECRET_ACCESS_KEY of the person sent to it.
    this.#prefix = `MCP_${key.toUpperCase().replaceAll("-", "_")}`;
  }

  /** The value of an environment variable, header or argument. `id` and `name` are of the whole. */
  readValue(place: Place, id: string, name: string, input: Input & Pick<NamedInput, "variables">) {
    const { value, variables } = input;
    if (value === null || (STAND_IN.test(value) && Object.keys(variables).length === 0))
      return [this.#add(place, id, name, { ...input, placeholder: input.placeholder ?? value })];
    // A header without a declared variable in braces is a mistake; arguments can have braces for other reasons.
    const isHeader = place === "header";
    return this.#split(value, isHeader ? URL_VARIABLE : SHELL_VARIABLE, variables, (part, found) =>
      this.#add(place, `${id}:${part}`, part, {
        ...(found ?? { ...input, value: null, default: null, choices: [], isRequired: true }),
        isSecret: input.isSecret || (found?.isSecret ?? false),
      }),
    );
  }

  /** An address with `{name}` in it. */
  readUrl(url: string, variables: Record<string, Input>): Template {
    return this.#split(url, URL_VARIABLE, variables, (part, found) =>
      // Without it, there is no address.
      this.#add("url", `url:${part}`, part, { ...found, isRequired: true }),
    );
  }

  #split(
    text: string,
    pattern: RegExp,
    declared: Record<string, Input>,
    toVariable: (name: string, input: Input | undefined) => InstallVariable,
  ): Template {
    const parts: Template = [];
    let from = 0;
    const names = new RegExp(`${pattern.source}|\\{([^{}]{1,200})\\}`, "g");
    for (const found of text.matchAll(names)) {
      const [whole, implied, braced] = found;
      const name = implied ?? braced ?? "";
      const input = Object.hasOwn(declared, name) ? declared[name] : undefined;
      if (!input && implied === undefined) continue;
      parts.push(text.slice(from, found.index), toVariable(name, input));
      from = found.index + whole.length;
    }
    return [...parts, text.slice(from)].filter((part) => part !== "");
  }

  #add(place: Place, id: string, name: string, input: Partial<Input>): InstallVariable {
    // A variable can be at two places of one text.
    const known = this.all.find((variable) => variable.id === id);
    if (known) return known;
    const isSecret = input.isSecret === true || SECRET_NAME.test(name);
    const variable: InstallVariable = {
      id,
      name,
      place,
      description: input.description ?? null,
      isRequired: input.isRequired ?? false,
      isSecret,
      // The default of a secret is what the entry's author wrote in its place.
      default: isSecret ? null : (input.value ?? input.default ?? null),
      placeholder: input.placeholder ?? (isSecret ? (input.default ?? null) : null),
      choices: input.choices ?? [],
      reference: Object.hasOwn(this.#references, id)
        ? (this.#references[id] ?? "")
        : this.#toReference(place, name),
    };
    this.all.push(variable);
    return variable;
  }

  /**
   * Only an environment variable of the server keeps its name: an entry that names a variable for a header or an address
   * could have another secret of the person sent to the publisher.
   */
  #toReference(place: Place, name: string): string {
    const word = name
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, "_")
      .replaceAll(/^_+|_+$/g, "");
    const isPlain = place === "environment" && /^[A-Za-z_]\w*$/.test(name);
    const wanted = isPlain ? name : `${this.#prefix}_${word || "VALUE"}`;
    const taken = new Set(this.all.map(({ reference }) => reference));
    let reference = wanted;
    for (let number = 2; taken.has(reference); number++) reference = `${wanted}_${number}`;
    return reference;
  }
}
