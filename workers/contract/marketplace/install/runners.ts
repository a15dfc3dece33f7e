import type { ServerPackage } from "../server-document.ts";
import type { Slot } from "./template.ts";

/** The command of a package, without its arguments. */
interface Runner {
  command: string;
  /** Before the entry's runtime arguments. */
  before: string[];
  /** After them: the package. */
  after: string[];
  /** Between the package and its arguments, if it has some. */
  separator: string[];
  /** Runtime arguments that the command has anyway; genuine entries repeat them. */
  implied: Set<string>;
  /** Whether the entry's runtime arguments are for this command. */
  readsRuntimeArguments: boolean;
  warnings: string[];
}

type Commands = Pick<Runner, "before" | "after" | "separator">;

/** A version that package managers read as one; ranges and words that are none are left out. */
const VERSION = /^[\w][\w.+!-]*$/;

/** Words that genuine entries repeat. */
const IMPLIED = ["run", "-y", "--yes", "-i", "--interactive", "--rm"];

/** Commands that start packages, by kind of package, the usual one first. */
const COMMANDS: Record<string, Record<string, (spec: string, env: string[]) => Commands>> = {
  npm: {
    npx: (spec) => ({ before: ["-y"], after: [spec], separator: [] }),
    bunx: (spec) => ({ before: [], after: [spec], separator: [] }),
  },
  pypi: {
    uvx: (spec) => ({ before: [], after: [spec], separator: [] }),
  },
  oci: { docker: toContainerCommand, podman: toContainerCommand },
  nuget: {
    dnx: (spec) => ({ before: [], after: [spec, "--yes"], separator: ["--"] }),
  },
};

/** Finds how a package is started. `env`: its environment variables. */
export function toRunner(source: ServerPackage, env: Slot[]): Runner {
  const { registryType, identifier, runtimeHint } = source;
  const commands = COMMANDS[registryType];
  const version = source.version !== null && VERSION.test(source.version) ? source.version : null;
  if (!commands) return toInstalledProgram(source, version);
  const hint = runtimeHint !== null && Object.hasOwn(commands, runtimeHint) ? runtimeHint : null;
  const [usual = ""] = Object.keys(commands);
  const command = hint ?? usual;
  const spec = toSpec(source, version);
  const names = env.map(({ name }) => name);
  const parts = commands[command]?.(spec, names) ?? { before: [], after: [spec], separator: [] };
  // The arguments of another program than this command mean nothing to it.
  const readsRuntimeArguments = runtimeHint === null || hint !== null;
  const warnings = readsRuntimeArguments
    ? []
    : [`The entry starts the package by ${runtimeHint}; this configuration uses ${command}.`];
  if (source.version !== null && version === null)
    warnings.push(`The entry’s version is not an exact one, so it is left out: ${source.version}`);
  const implied = new Set([...IMPLIED, spec, `${identifier}@latest`, ...listNamesOf(identifier)]);
  return { command, ...parts, implied, readsRuntimeArguments, warnings };
}

function toSpec({ registryType, identifier }: ServerPackage, version: string | null): string {
  if (version === null) return identifier;
  if (registryType !== "oci") return `${identifier}@${version}`;
  // A tag or a digest in the identifier is the version.
  return /@|:[^/]*$/.test(identifier) ? identifier : `${identifier}:${version}`;
}

/** A container image with and without its tag and the name of Docker's registry. */
function listNamesOf(identifier: string): string[] {
  const untagged = identifier.replace(/:[^/]*$/, "");
  return [identifier, untagged].flatMap((name) => [name, name.replace(/^docker\.io\//, "")]);
}

function toContainerCommand(image: string, env: string[]): Commands {
  return {
    // Without a value, the container gets the variable of the command.
    before: ["run", "-i", "--rm", ...env.flatMap((name) => ["-e", name])],
    after: [image],
    separator: [],
  };
}

/** Packages of Go and Rust are installed first, and started by name. */
function toInstalledProgram(
  { registryType, identifier }: ServerPackage,
  version: string | null,
): Runner {
  const isGo = registryType === "go";
  // The last part of a module's path is its program, but for the number of a major version.
  const name = isGo
    ? identifier
        .replace(/\/v\d+$/, "")
        .split("/")
        .at(-1)
    : identifier;
  const install = isGo
    ? `go install ${identifier}@${version === null ? "latest" : `v${version.replace(/^v/, "")}`}`
    : `cargo install ${identifier}${version === null ? "" : ` --version ${version}`}`;
  return {
    command: name ?? identifier,
    before: [],
    after: [],
    separator: [],
    implied: new Set(),
    readsRuntimeArguments: false,
    warnings: [`Install the program first: ${install}`],
  };
}
