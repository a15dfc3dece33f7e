import type { ServerPackage } from "../server-document.ts";

const SHELLS = "(?:ba|z|da|k|c|tc|fi)?sh|busybox|cmd|powershell|pwsh|osascript|wscript|cscript";
const RAISERS = "sudo|doas|su|runas|pkexec|nsenter|chroot";
/** A shell or a program that raises privileges, with or without a path. */
const SHELL = new RegExp(String.raw`^(?:.*[/\\])?(?:${SHELLS}|${RAISERS})(?:\.exe)?$`, "i");
/** A text that a shell is started with. */
const SHELL_COMMAND = new RegExp(
  String.raw`(?:^|[\s"'=/\\;&|])(?:(?:${SHELLS})(?:\.exe)?["']?\s+[-/][a-z]*c|(?:${RAISERS})\s+\S)`,
  "i",
);

/** Options of the commands that start packages, and what is wrong with them. */
const OPTIONS: [command: RegExp, option: RegExp, reason: string][] = [
  [
    /^(docker|podman)$/,
    /^--(privileged|cap-add|device|security-opt|volumes-from|cgroup-parent|env-file|runtime)(=|$)/,
    "asks for privileges beyond those of a container",
  ],
  [
    /^(docker|podman)$/,
    /^--(net|network|pid|ipc|userns|uts|cgroupns)(=(host|container:.*))?$/,
    "shares the host’s network or processes",
  ],
  [
    /^(docker|podman)$/,
    /(docker|podman|containerd)\.sock|^(-v=?|--volume=)?(\/|~|\$HOME|[a-z]:[/\\]?|\/(etc|proc|sys|dev|root|home|users|var|run|boot)\/?):|(src|source)=(\/|~|[a-z]:[/\\]?|\/(etc|proc|sys|dev|root|home|users|var|run|boot)\/?)(,|$)/i,
    "can reach the host’s files or the container engine",
  ],
  [/^(docker|podman)$/, /^--entrypoint(=|$)/, "replaces the program of the image"],
  [
    /^(npx|bunx)$/,
    /^(-c|-p|--call|--package|--registry|--script-shell|--shell|--userconfig|--globalconfig|--prefix|--node-options)(=|$)/,
    "runs code from another place than the package",
  ],
  [
    /^uvx$/,
    /^(--from|--with|--with-editable|--with-requirements|--index|--default-index|--index-url|--extra-index-url|--find-links|--env-file|--config-file|-f|-i|-w)(=|$)/,
    "runs code from another place than the package",
  ],
  [
    /^dnx$/,
    /^(--add-source|--source|--configfile)(=|$)/,
    "runs code from another place than the package",
  ],
];

/** Variables that make a program load other code. */
const LOADER_VARIABLE =
  /^(LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|DYLD_\w+|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|PYTHONSTARTUP|PYTHONPATH|PYTHONHOME|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|DOTNET_STARTUP_HOOKS|PATH|GIT_SSH_COMMAND|(npm_config|uv|pip)_\w+|(https?|all)_proxy)$/i;

/**
 * Why a click must not start the program: it is a shell, asks for privileges, or runs other code than the package. Empty:
 * nothing is known against it.
 */
export function listDangers(program: {
  command: string;
  /** Arguments of the command, before the package. */
  options: string[];
  /** Arguments of the package. */
  args: string[];
  /** With a value from the entry. */
  env: string[];
}): string[] {
  const { command, options, args, env } = program;
  const found = new Set<string>();
  if (SHELL.test(command)) found.add(`The command is ${command}.`);
  for (const word of [...options, ...args])
    if (SHELL.test(word) || SHELL_COMMAND.test(word))
      found.add(`The command starts a shell: ${word}`);
  for (const word of options)
    for (const [runner, option, reason] of OPTIONS)
      if (runner.test(command) && option.test(word)) found.add(`The command ${reason}: ${word}`);
  for (const name of env)
    if (LOADER_VARIABLE.test(name)) found.add(`The entry sets ${name}, which can load other code.`);
  return [...found];
}

/** Why a click must not start what the entry itself would start; null: nothing. */
export function findHintDanger({ runtimeHint }: ServerPackage): string | null {
  return runtimeHint !== null && SHELL.test(runtimeHint)
    ? `The entry’s command is ${runtimeHint}.`
    : null;
}
