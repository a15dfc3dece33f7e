import type { ServerPackage } from "../server-document.ts";
import { OWN_VALUE } from "./values.ts";

/** A package's command up to the package. */
export interface OptionedCommand {
  command: string;
  /** As the entry states them, with `OWN_VALUE` for each value that a person types. */
  options: string[];
  /** The package that the command is for; null: the command is this application's own. */
  source: Pick<ServerPackage, "registryType" | "identifier"> | null;
  /** Variables that the entry declares, so that a person sees them in the form. */
  declared: readonly string[];
}

/** Whether the value of an option is harmless. */
type Check = (value: string, program: OptionedCommand) => boolean;

/** The harmless options of a command; those without a check are switches. */
interface Grammar {
  options: ReadonlyMap<string, Check | null>;
  /** Whether `-it` means `-i -t`, and `-uX` means `-u X`. */
  bundles: boolean;
}

function toGrammar(
  bundles: boolean,
  switches: string,
  checks: [names: string, check: Check][],
): Grammar {
  const options = new Map<string, Check | null>(switches.split(" ").map((name) => [name, null]));
  for (const [names, check] of checks)
    for (const name of names.split(" ")) options.set(name, check);
  return { options, bundles };
}

const matches =
  (pattern: RegExp): Check =>
  (value) =>
    pattern.test(value);

/** A value that matches, or is a person's own as a whole. */
const matchesOrOwn =
  (pattern: RegExp): Check =>
  (value) =>
    value === OWN_VALUE || pattern.test(value);

/** An exact version: other texts behind the `@` can be an address, a path or another package. */
const NPM_VERSION = /^@(?:latest|next|\d[\w.+-]*)$/;
const PYPI_VERSION =
  /^(?:\[[\w,.-]+\])?(?:(?:@|==)\d+(?:\.\d+)*(?:\.?(?:a|b|rc|post|dev)\d+)*|@latest)?$/;

const isOwnPackage: Check = (value, { source }) => {
  if (source === null) return false;
  if (source.registryType === "pypi") {
    const identifier = source.identifier.replace(/\[.*/, "");
    const name = value.slice(0, identifier.length);
    return (
      toPypiName(name) === toPypiName(identifier) && PYPI_VERSION.test(value.slice(name.length))
    );
  }
  if (!value.startsWith(source.identifier)) return false;
  const rest = value.slice(source.identifier.length);
  return rest === "" || NPM_VERSION.test(rest);
};

/** PyPI takes these names as one. */
function toPypiName(name: string): string {
  return name.toLowerCase().replaceAll(/[._]/g, "-");
}

/** `NAME=value`, or the name of a variable that the form shows: others would be the person's own. */
const isEnvironment: Check = (value, { declared }) =>
  /^[^=]+=/.test(value) || (/^\w[\w.-]*$/.test(value) && declared.includes(value));

/** A volume's name, as engines tell it from a path. */
const VOLUME = String.raw`[A-Za-z0-9][\w.-]+`;
/** `/target`, or `name:/target`, or a folder of the host that the person alone has chosen. */
const isVolume = matchesOrOwn(
  new RegExp(`^(?:/[^:]*|(?:${VOLUME}|${OWN_VALUE}):/[^:]*(?::(?:ro|rw))?)$`),
);

/** The parts of `--mount`. Engines read it as CSV; a quoted part is refused, since it could hide a comma. */
const isMount: Check = (value) => {
  if (value === OWN_VALUE) return true;
  const parts = value.split(",");
  const types = parts.filter((part) => part.startsWith("type="));
  const [type = "type=volume"] = types;
  if (types.length > 1 || !/^type=(bind|volume|tmpfs)$/.test(type)) return false;
  const source = type === "type=bind" ? OWN_VALUE : VOLUME;
  const harmless = new RegExp(
    `^(?:type=\\w+|(?:src|source)=${source}|(?:dst|destination|target)=/[^"\\s]*|(?:ro|readonly)(?:=true)?)$`,
  );
  return parts.every((part) => harmless.test(part));
};

/** Not `host`, and not the network of another container, which has a colon. */
const isNetwork = matchesOrOwn(/^(?!host$)[A-Za-z0-9][\w.-]*$/i);
const isUser = matchesOrOwn(
  new RegExp(`^(?!(?:0+|root)(?::|$))[A-Za-z0-9_${OWN_VALUE}][\\w.-]*(?::[\\w.${OWN_VALUE}-]+)?$`),
);
const isPort = matchesOrOwn(
  new RegExp(
    `^(?:(?:[\\d.]+|\\[[\\da-f:]+\\]):)?(?:[\\d-]*|${OWN_VALUE}):?(?:[\\d-]+|${OWN_VALUE})(?:/(?:tcp|udp))?$`,
  ),
);
const isSize = matchesOrOwn(/^\d[\d.]*[bkmg]?$/i);

const CONTAINER = toGrammar(true, "-i --interactive -t --tty --rm --init --read-only -q --quiet", [
  ["-e --env", isEnvironment],
  ["-v --volume", isVolume],
  ["--mount", isMount],
  ["-p --publish", isPort],
  ["--net --network", isNetwork],
  ["-u --user", isUser],
  ["-m --memory --cpus --shm-size --pids-limit", isSize],
  ["--name", matchesOrOwn(/^[A-Za-z0-9][\w.-]*$/)],
  ["--pull", matches(/^(always|missing|never|newer)$/)],
  ["--platform", matchesOrOwn(/^[a-z0-9]+(\/[a-z0-9]+)*$/)],
  ["-w --workdir --tmpfs", matchesOrOwn(/^\/[\w./-]*$/)],
  // Docker Desktop gives the host this name anyway.
  ["--add-host", matches(/^host\.docker\.internal[:=]host-gateway$/)],
  ["--security-opt", matches(/^no-new-privileges([:=]true)?$/)],
  ["--cap-drop", matches(/^\w+$/)],
]);

const GRAMMARS = new Map<string, Grammar>([
  ["docker", CONTAINER],
  ["podman", CONTAINER],
  [
    "npx",
    toGrammar(false, "-y --yes -q --quiet -s --silent --prefer-online --prefer-offline", [
      ["-p --package", isOwnPackage],
    ]),
  ],
  ["bunx", toGrammar(false, "--bun --silent --verbose", [["-p --package", isOwnPackage]])],
  [
    "uvx",
    toGrammar(
      true,
      "-q --quiet -v --verbose -n --no-cache --refresh --isolated --offline --no-progress",
      [
        ["--from", isOwnPackage],
        ["-p --python", matches(/^((c?python|pypy)@?)?([<>=~!]=?)?\d+(\.\d+)*$/)],
        ["--prerelease", matches(/^(allow|disallow|explicit|if-necessary(-or-explicit)?)$/)],
      ],
    ),
  ],
  [
    "dnx",
    toGrammar(false, "-y --yes --prerelease --interactive --allow-roll-forward", [
      ["--version", matches(/^\d[\w.+-]*$/)],
      ["-v --verbosity", matches(/^[a-z]+$/)],
    ]),
  ],
]);

/** A word before the package that is not known to be harmless. */
export type OptionDanger =
  /** The command takes it as the package. */
  | { kind: "stray"; word: string }
  /** It would take the package as its value. */
  | { kind: "valueless"; word: string }
  /** `value` null: the option is not known, so that nothing says whether it has one. */
  | { kind: "option"; word: string; name: string; value: string | null };

/**
 * The first word before the package that is not among the options that are known to be harmless, read as the command reads
 * it. What is not known is refused: a list of harmful options would lack the next one, and the other spellings of those in
 * it. Null: all of them are harmless.
 */
export function findOptionDanger(program: OptionedCommand): OptionDanger | null {
  const { command, options } = program;
  const grammar = GRAMMARS.get(command);
  const words = options.slice(grammar === CONTAINER && options[0] === "run" ? 1 : 0);
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!/^-./.test(word)) return { kind: "stray", word };
    const found = findWordDanger(word, words, program, grammar);
    if (found !== null) return found;
  }
  return null;
}

/** `rest`: the words behind it, of which an option can take one. */
function findWordDanger(
  word: string,
  rest: string[],
  program: OptionedCommand,
  grammar: Grammar | undefined,
): OptionDanger | null {
  for (const { name, value } of readOptions(word, grammar)) {
    const check = grammar?.options.get(name);
    if (check === undefined) return { kind: "option", word, name, value };
    if (check === null) {
      if (value !== null && value !== "true") return { kind: "option", word, name, value };
      continue;
    }
    const given = value ?? rest.shift();
    if (given === undefined) return { kind: "valueless", word };
    const whole = value === null ? `${word} ${given}` : word;
    if (!check(given, program)) return { kind: "option", word: whole, name, value: given };
  }
  return null;
}

/**
 * The options of a command without those that give a container one of these variables: the engine would take its value from
 * the person's own environment. Other commands have no such options.
 */
export function withoutVariables(
  command: string,
  options: string[],
  variables: readonly string[],
): string[] {
  const grammar = GRAMMARS.get(command);
  if (grammar !== CONTAINER || variables.length === 0) return options;
  const kept: string[] = [];
  const words = [...options];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const found = /^-./.test(word) ? readOptions(word, grammar) : [];
    const last = found.pop();
    // Only an option with a check takes the next word.
    const isOpen = last?.value === null && grammar.options.get(last.name);
    const next = isOpen ? words.splice(0, 1) : [];
    const variable = last?.value ?? next[0] ?? "";
    if (!/^(-e|--env)$/.test(last?.name ?? "") || !variables.includes(variable))
      kept.push(word, ...next);
    else kept.push(...found.map(({ name }) => name));
  }
  return kept;
}

/** The options in one word. The value is null if the word has none; only the last one can have one. */
function readOptions(
  word: string,
  grammar: Grammar | undefined,
): { name: string; value: string | null }[] {
  if (word.startsWith("--") || !grammar?.bundles) {
    const at = word.indexOf("=");
    return at < 0
      ? [{ name: word, value: null }]
      : [{ name: word.slice(0, at), value: word.slice(at + 1) }];
  }
  const letters = word.slice(1);
  const found: { name: string; value: string | null }[] = [];
  for (let at = 0; at < letters.length; at++) {
    const name = `-${letters.charAt(at)}`;
    const rest = letters.slice(at + 1);
    const isSwitch = grammar.options.get(name) === null && !rest.startsWith("=");
    if (!isSwitch) return [...found, { name, value: rest === "" ? null : rest.replace(/^=/, "") }];
    found.push({ name, value: null });
  }
  return found;
}
