import { parseText, type ImportedConnection, type ImportedValue } from "./imported-server.ts";

/** What a program of a file is, as far as it can be reached from elsewhere than the machine of the file. */
export type FoundProgram =
  /** A package of npm, which container hosts can have. */
  | { kind: "npm"; name: string; hasArguments: boolean }
  /** The program only carries messages to a server at an address. */
  | { kind: "remote"; connection: Extract<ImportedConnection, { kind: "remote" }> }
  /** It runs where the file is. `why`: a sentence. */
  | { kind: "local"; why: string };

const SHELLS = /^(sh|bash|zsh|fish|dash|ksh|cmd|powershell|pwsh|wsl|sudo)$/;
const NPM_RUNNERS = /^(npx|bunx|pnpx)$/;
/** Options of the runners that another word follows. */
const PACKAGE_OPTION = /^(-p|--package)$/;
const LOCAL_PATH = /^(\.{0,2}\/|~|[A-Za-z]:[\\/]|\$HOME|\$\{HOME\}|file:)/;
const ENGINE_SOCKET = /(docker|podman|containerd)\.sock/;

/** Finds what a program starts. */
export function findPackage(
  command: string,
  args: readonly string[],
  env: readonly ImportedValue[],
): FoundProgram {
  const words = unwrap([command, ...args]);
  const [first = "", ...others] = words;
  const program = toProgramName(first);
  if (words.some((word) => ENGINE_SOCKET.test(word)))
    return local("It reaches the container engine of its machine, which no workspace allows.");
  if (SHELLS.test(program))
    return local(`It runs commands of a shell (${program}), which a workspace does not do.`);
  if (NPM_RUNNERS.test(program)) return findNpm(others, env);
  if (program === "npm" && /^(exec|x)$/.test(others[0] ?? "")) return findNpm(others.slice(1), env);
  if (/^(docker|podman)$/.test(program))
    return local(
      "It is a container image. Container hosts run the servers of the hosting catalogue only.",
    );
  if (/^(uvx|uv|pipx|dnx|cargo|go)$/.test(program))
    return local(
      `It is a package that ${program} installs. Container hosts run the npm packages of the hosting catalogue only.`,
    );
  return local(
    LOCAL_PATH.test(first) || others.some((word) => LOCAL_PATH.test(word))
      ? "It is a program or file on one machine, which the gateway does not reach."
      : `It is a program that is installed on one machine (${program}), which the gateway does not reach.`,
  );
}

/** `cmd /c npx …` and `env NAME=value npx …` start the words behind. */
function unwrap(words: string[]): string[] {
  const [first = "", second = ""] = words;
  const program = toProgramName(first);
  if (program === "cmd" && /^\/c$/i.test(second) && words.length > 2) return unwrap(words.slice(2));
  if (program !== "env") return words;
  const rest = words.slice(1).filter((word) => !/^[A-Za-z_]\w*=/.test(word));
  return rest.length === 0 || rest.length === words.length ? words : unwrap(rest);
}

function toProgramName(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? "";
  return name.toLowerCase().replace(/\.(cmd|exe|bat|ps1)$/, "");
}

function findNpm(words: readonly string[], env: readonly ImportedValue[]): FoundProgram {
  const option = words.findIndex((word) => PACKAGE_OPTION.test(word));
  const at = option >= 0 ? option + 1 : words.findIndex((word) => !word.startsWith("-"));
  const spec = words[at];
  if (at < 0 || spec === undefined) return local("Its command names no package.");
  const name = spec.replace(/(?<=.)@[^@/]*$/, "");
  if (name === "mcp-remote") return findRemote(words.slice(at + 1), env);
  if (LOCAL_PATH.test(spec) || !/^(@[\w.-]+\/)?[\w.-]+$/.test(name))
    return local("Its package is a folder or an address, not one of the npm registry.");
  return { kind: "npm", name, hasArguments: words.length > at + 1 };
}

/** The server that `mcp-remote` carries messages to. */
function findRemote(words: readonly string[], env: readonly ImportedValue[]): FoundProgram {
  const url = words.find((word) => /^https?:\/\//i.test(word));
  if (url === undefined)
    return local("It carries messages to an address that its command does not name.");
  const headers = words.flatMap((word, index): ImportedValue[] => {
    const text =
      /^--header=(.*)$/s.exec(word)?.[1] ?? (word === "--header" ? words[index + 1] : undefined);
    const [, name, value] = /^([^:]+):\s*(.*)$/s.exec(text ?? "") ?? [];
    if (name === undefined || value === undefined) return [];
    // The value is in a variable, because some clients split words at blanks.
    const parts = parseText(value).flatMap((part) =>
      typeof part === "string"
        ? [part]
        : (env.find((one) => one.name === part.name)?.text ?? [part]),
    );
    return [{ name: name.trim(), text: parts }];
  });
  const transport =
    words.some((word) => word === "sse-only") || /\/sse\/?$/.test(url) ? "sse" : "streamable-http";
  return {
    kind: "remote",
    connection: { kind: "remote", transport, url: parseText(url), headers },
  };
}

function local(why: string): FoundProgram {
  return { kind: "local", why };
}
