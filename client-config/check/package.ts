import type { Program, Value } from "../model.ts";

/** A package that a program starts. */
export interface StartedPackage {
  registryType: "npm" | "pypi" | "oci" | "nuget";
  identifier: string;
  /** Null: the newest one. */
  version: string | null;
  /** Its argument in the configuration. */
  value: Value;
  /** The arguments behind it, which are the server’s own. */
  args: readonly Value[];
}

/** Options of the runners that take a value as the next argument. */
const WITH_VALUE: Record<string, readonly string[]> = {
  npx: ["--registry", "--cache", "-c", "--call"],
  uvx: ["--python", "-p", "--with", "--index-url", "--index", "--extra-index-url", "--env-file"],
  docker: [
    "-e",
    "--env",
    "-v",
    "--volume",
    "--name",
    "--network",
    "--mount",
    "-p",
    "--publish",
    "--env-file",
    "-u",
    "--user",
    "-w",
    "--workdir",
    "--platform",
    "--entrypoint",
    "--add-host",
    "-l",
    "--label",
  ],
  dnx: ["--source", "--version"],
};
const RUNNERS: Record<string, { registryType: StartedPackage["registryType"]; options: string }> = {
  npx: { registryType: "npm", options: "npx" },
  bunx: { registryType: "npm", options: "npx" },
  pnpx: { registryType: "npm", options: "npx" },
  uvx: { registryType: "pypi", options: "uvx" },
  pipx: { registryType: "pypi", options: "uvx" },
  docker: { registryType: "oci", options: "docker" },
  podman: { registryType: "oci", options: "docker" },
  dnx: { registryType: "nuget", options: "dnx" },
};

/** The package that a program starts with npx, uvx, docker or the like; null: it is another program. */
export function findPackage({ command, args }: Program): StartedPackage | null {
  const words = [command, ...args];
  const at = /^cmd(?:\.exe)?$/i.test(command.raw) ? 2 : 0;
  const name =
    words[at]?.raw
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.(?:cmd|exe)$/i, "") ?? "";
  const runner = Object.hasOwn(RUNNERS, name) ? RUNNERS[name] : undefined;
  if (!runner) return null;
  const rest = words.slice(at + 1);
  const own = /^(?:run|dlx|exec)$/.test(rest[0]?.raw ?? "") ? rest.slice(1) : rest;
  const found = findWord(own, WITH_VALUE[runner.options] ?? []);
  return (
    found && {
      registryType: runner.registryType,
      ...split(found.value.raw, runner.registryType),
      ...found,
    }
  );
}

/** The first argument that is no option; `--package` and `--from` name the package themselves. */
function findWord(
  words: readonly Value[],
  withValue: readonly string[],
): Pick<StartedPackage, "value" | "args"> | null {
  let named: Value | null = null;
  for (let index = 0; index < words.length; index++) {
    const value = words[index];
    if (!value) break;
    const { raw } = value;
    if (["--package", "--from"].includes(raw) || (raw === "-p" && !withValue.includes("-p"))) {
      index++;
      named ??= words[index] ?? null;
    } else if (withValue.includes(raw)) index++;
    else if (!raw.startsWith("-")) return { value: named ?? value, args: words.slice(index + 1) };
  }
  return null;
}

function split(
  text: string,
  type: StartedPackage["registryType"],
): Pick<StartedPackage, "identifier" | "version"> {
  const pattern =
    type === "oci"
      ? /^(.+?)(?:@(sha256:[0-9a-f]+)|:([^:/]+))$/
      : type === "pypi"
        ? /^([^=@\s[]+)(?:\[[^\]]*\])?(?:==|@)(.+)$/
        : /^(.+)@([^@/]+)$/;
  const found = pattern.exec(text);
  const version = found?.[2] ?? found?.[3] ?? null;
  const isNewest = version === null || version === "latest" || /^[\^~<>=*]/.test(version);
  return { identifier: found?.[1] ?? text, version: isNewest ? null : version };
}
