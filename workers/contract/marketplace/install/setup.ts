import type { ServerPackage } from "../server-document.ts";
import type { InstallChoice } from "./compatibility.ts";
import type { InstallVariable } from "./configuration.ts";
import { toRunner } from "./runners.ts";
import { Variables, type References, type Slot, type Template } from "./template.ts";

/** An argument as one word, or a flag with its value as two: they are left out together. */
export type Argument = Template[];

/** A server as clients configure it: a program or an address. */
export type Setup =
  | {
      kind: "program";
      command: string;
      /** Before the package and after it. */
      options: Argument[];
      args: Argument[];
      env: Slot[];
    }
  | { kind: "address"; type: "streamable-http" | "sse"; url: Template; headers: Slot[] };

/** A setup, with what a person gives for it and reads before it. */
export interface ReadSetup {
  setup: Setup;
  variables: InstallVariable[];
  warnings: string[];
}

/** What a header's name can be (RFC 9110, section 5.1). One that begins with a dash would be an option of a command. */
const HEADER_NAME = /^[0-9A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*$/;
const ENVIRONMENT_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Reads a package or a remote. `key`: the server's name in the client. `references`: chosen names of its variables. */
export function readSetup(
  choice: InstallChoice,
  key: string,
  references: References = {},
): ReadSetup {
  const variables = new Variables(key, references);
  const warnings: string[] = [];
  const setup =
    choice.kind === "package"
      ? readPackage(choice.source, variables, warnings)
      : readRemote(choice.source, variables, warnings);
  return { setup, variables: variables.all, warnings };
}

function readRemote(
  { type, url, headers, variables: declared }: (InstallChoice & { kind: "remote" })["source"],
  variables: Variables,
  warnings: string[],
): Setup {
  if (/^http:\/\/(?!localhost\b|127\.|\[::1\])/i.test(url))
    warnings.push("The address is not encrypted: others on the network can read what is sent.");
  return {
    kind: "address",
    type,
    url: variables.readUrl(url, declared),
    headers: readSlots("header", headers, variables, warnings),
  };
}

function readPackage(
  source: ServerPackage,
  variables: Variables,
  warnings: string[],
): Setup & { kind: "program" } {
  const env = readSlots("environment", source.environmentVariables, variables, warnings);
  const runner = toRunner(source, env);
  warnings.push(...runner.warnings);
  const own = readArguments("package", source.packageArguments, variables);
  const before = runner.readsRuntimeArguments
    ? readArguments("runtime", source.runtimeArguments, variables)
    : [];
  const isImplied = ([word = [], ...others]: Argument) =>
    others.length === 0 &&
    word.length === 1 &&
    typeof word[0] === "string" &&
    runner.implied.has(word[0]);
  const more = before.filter((argument) => !isImplied(argument));
  const toArgument = (word: string): Argument => [[word]];
  const separator = own.length > 0 ? runner.separator : [];
  return {
    kind: "program",
    command: runner.command,
    options: [...runner.before.map(toArgument), ...more],
    args: [...[...runner.after, ...separator].map(toArgument), ...own],
    env,
  };
}

function readSlots(
  place: "environment" | "header",
  inputs: ServerPackage["environmentVariables"],
  variables: Variables,
  warnings: string[],
): Slot[] {
  const slots = new Map<string, Slot>();
  for (const input of inputs) {
    const name = input.name.trim();
    const id = place === "header" ? name.toLowerCase() : name;
    if (!(place === "header" ? HEADER_NAME : ENVIRONMENT_NAME).test(name))
      warnings.push(`The entry names a value that cannot be set, so it is left out: ${name}`);
    else if (!slots.has(id))
      slots.set(id, { name, value: variables.readValue(place, `${place}:${id}`, name, input) });
  }
  return [...slots.values()];
}

function readArguments(
  kind: "package" | "runtime",
  inputs: ServerPackage["packageArguments"],
  variables: Variables,
): Argument[] {
  return inputs.map((argument, index) => {
    const flag = argument.type === "named" ? toFlag(argument.name) : null;
    if (flag !== null && isSwitch(argument, kind)) return [[flag]];
    const name = flag ?? argument.valueHint ?? argument.name ?? "argument";
    const value = variables.readValue("argument", `${kind}:${index}`, name, argument);
    if (flag === null) return [value];
    return /^-[A-Za-z]$/.test(flag) ? [[flag], value] : [[`${flag}=`, ...value]];
  });
}

/** Genuine entries leave the dashes of a flag out. */
function toFlag(name: string | null): string | null {
  return name === null || name.startsWith("-") ? name : `--${name}`;
}

/** Whether a named argument is its flag alone. Genuine entries repeat the flag as its value, or say nothing of a value. */
function isSwitch(
  argument: ServerPackage["packageArguments"][number],
  kind: "package" | "runtime",
): boolean {
  const { name, value, format, default: preset, valueHint, isRequired, description } = argument;
  if (value !== null) return value === name;
  const saysNothing = format === null && preset === null && valueHint === null && !isRequired;
  // A described argument of the server is an option that a person can take; one of the runner belongs to the command.
  return saysNothing && (kind === "runtime" || description === null);
}
