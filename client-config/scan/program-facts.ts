import type { Path, Program, Value } from "../model.ts";

/** An argument. */
export interface Word {
  /** Without what the client fills in. */
  text: string;
  path: Path;
  value: Value;
}

/** Where packages come from. */
export type Ecosystem = "npm" | "pypi" | "nuget" | "oci";

/** The package that a program starts. */
export interface PackageFacts {
  ecosystem: Ecosystem;
  /** As the package manager compares it; empty: the specification is an address. */
  name: string;
  /** What follows the name: an exact version, a tag, a range; null: nothing. */
  version: string | null;
  /** As the file has it. */
  text: string;
  word: Word;
}

/** What a command line says. */
export interface ProgramFacts {
  /** Name of the program without folder and extension, lower case. The program behind `cmd /c npx` is `npx`. */
  name: string;
  /** The arguments of `name`. */
  words: Word[];
  /** All arguments. */
  allWords: Word[];
  package: PackageFacts | null;
  /** Arguments before the package; all, where there is none. */
  options: Word[];
  /** Arguments after it. */
  args: Word[];
}

/** Programs that start a package, with the words that belong to them. */
const RUNNERS: readonly [name: RegExp, words: string[], ecosystem: Ecosystem][] = [
  [/^(npx|bunx|pnpx)$/, [], "npm"],
  [/^(npm)$/, ["exec"], "npm"],
  [/^npm$/, ["x"], "npm"],
  [/^(pnpm|yarn)$/, ["dlx"], "npm"],
  [/^bun$/, ["x"], "npm"],
  [/^uvx$/, [], "pypi"],
  [/^uv$/, ["tool", "run"], "pypi"],
  [/^pipx$/, ["run"], "pypi"],
  [/^dnx$/, [], "nuget"],
  [/^(docker|podman|nerdctl)$/, ["run"], "oci"],
  [/^(docker|podman|nerdctl)$/, ["container", "run"], "oci"],
];

/** Options of the runners that take a value as the next word. */
const VALUED: Record<Ecosystem, RegExp> = {
  npm: /^(-p|--package|-c|--call|--registry|--cache|--userconfig|--prefix|-w|--workspace|--node-options)$/,
  pypi: /^(--from|--with|--with-editable|--with-requirements|--index|--default-index|--index-url|-i|--extra-index-url|--find-links|-f|--env-file|--config-file|--directory|--constraints|-c|--overrides|--python|-p|--spec|--pip-args|--prerelease|--link-mode|--project|--cache-dir)$/,
  nuget: /^(--version|--add-source|--source|--configfile|-v|--verbosity)$/,
  oci: /^(-e|--env|-v|--volume|--mount|-p|--publish|--name|--net|--network|-u|--user|-w|--workdir|--env-file|--entrypoint|-m|--memory|--cpus|--platform|--add-host|--security-opt|--cap-add|--cap-drop|--pid|--ipc|--userns|--uts|--device|--tmpfs|--pull|-l|--label|-h|--hostname|--dns|--shm-size|--ulimit|--restart|--gpus|--log-driver|--volumes-from|--runtime|--pids-limit)$/,
};

/** Name of the program that a path leads to. */
export function toProgramName(command: string): string {
  const last = command.trim().split(/[/\\]/).at(-1) ?? "";
  return last.toLowerCase().replace(/\.(exe|cmd|bat|ps1)$/, "");
}

/** Reads a command line. */
export function readProgram(program: Program): ProgramFacts {
  const allWords = program.args.map((value) => toWord(value));
  const started = unwrap(toProgramName(toWord(program.command).text), allWords);
  const runner = RUNNERS.find(
    ([name, words]) =>
      name.test(started.name) && words.every((word, i) => started.words[i]?.text === word),
  );
  const none = { ...started, allWords, package: null, options: started.words, args: [] };
  if (!runner) return none;
  const [, lead, ecosystem] = runner;
  const words = started.words.slice(lead.length);
  const at = findPackageIndex(words, ecosystem);
  const word = words[at];
  if (!word) return { ...none, options: words };
  const options = words.slice(0, at);
  const source = findSource(options, ecosystem) ?? word;
  return {
    ...started,
    allWords,
    package: parsePackage(source, ecosystem),
    options,
    args: words.slice(at + 1),
  };
}

function toWord(value: Value): Word {
  const text = value.template.map((part) => (typeof part === "string" ? part : "\0")).join("");
  return { text, path: value.path, value };
}

/** The program behind `cmd /c`, which Windows needs for npx, and behind `env NAME=value`. */
function unwrap(name: string, words: Word[]): { name: string; words: Word[] } {
  const skipped =
    name === "cmd" && /^\/[cks]$/i.test(words[0]?.text ?? "")
      ? 1
      : name === "env"
        ? words.findIndex(({ text }) => !/^(-\S*|\w+=.*)$/.test(text))
        : -1;
  const inner = words[skipped];
  if (skipped < 0 || !inner || /[\s&|;<>"]/.test(inner.text)) return { name, words };
  return { name: toProgramName(inner.text), words: words.slice(skipped + 1) };
}

function findPackageIndex(words: Word[], ecosystem: Ecosystem): number {
  for (let i = 0; i < words.length; i++) {
    const text = words[i]?.text ?? "";
    if (text === "--") return i + 1;
    if (!text.startsWith("-")) return i;
    if (VALUED[ecosystem].test(text)) i += 1;
  }
  return words.length;
}

/** `--package` and `--from` name the package, and the word after the options its program. */
function findSource(options: Word[], ecosystem: Ecosystem): Word | null {
  const name =
    ecosystem === "npm"
      ? /^(-p|--package)(?:=(.+))?$/
      : ecosystem === "pypi"
        ? /^(--from|--spec)(?:=(.+))?$/
        : null;
  if (!name) return null;
  for (const [i, word] of options.entries()) {
    const found = name.exec(word.text);
    if (!found) continue;
    if (found[2] !== undefined) return { ...word, text: found[2] };
    return options[i + 1] ?? null;
  }
  return null;
}

/** Whether a specification is an address or a path rather than a name in a registry. */
export function isAddress(text: string): boolean {
  return (
    /^(git\+|git:|https?:|file:|github:|gitlab:|bitbucket:|gist:|\.{0,2}[/\\]|~|[a-z]:[/\\])/i.test(
      text,
    ) ||
    /^[\w.-]+\/[\w.-]+(#.*)?$/.test(text) ||
    /\s@\s*(git\+|https?:)/.test(text)
  );
}

function parsePackage(word: Word, ecosystem: Ecosystem): PackageFacts {
  const { text } = word;
  const common = { ecosystem, text, word };
  if (ecosystem === "oci") {
    const [, name = text, tag, digest] = /^([^@]+?)(?::([^:@/]+))?(?:@(.+))?$/.exec(text) ?? [];
    return {
      ...common,
      name: name.toLowerCase().replace(/^docker\.io\/(library\/)?/, ""),
      version: digest ?? tag ?? null,
    };
  }
  if (isAddress(text)) return { ...common, name: "", version: null };
  const parts =
    ecosystem === "pypi"
      ? /^([\w.-]+)(?:\[[^\]]*\])?(?:(?:==|@)(.*)|([<>~!=].*))?$/.exec(text)
      : /^(@?[^@]+)(?:@(.*))?$/.exec(text);
  const name = (parts?.[1] ?? text).toLowerCase();
  return {
    ...common,
    name: ecosystem === "pypi" ? name.replaceAll(/[-_.]+/g, "-") : name,
    version: parts?.[2] ?? parts?.[3] ?? null,
  };
}
