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

const CONTAINER_ENGINE = /^(docker|podman)$/;

/** Options of the commands that start packages, and what is wrong with them. */
const OPTIONS: [command: RegExp, option: RegExp, reason: string][] = [
  [
    CONTAINER_ENGINE,
    /^--(privileged|cap-add|device|security-opt|volumes-from|cgroup-parent|env-file|runtime)(=|$)/,
    "asks for privileges beyond those of a container",
  ],
  [
    CONTAINER_ENGINE,
    /^--(net|network|pid|ipc|userns|uts|cgroupns)(=(host|container:.*))?$/,
    "shares the host’s network or processes",
  ],
  [
    CONTAINER_ENGINE,
    /(docker|podman|containerd)\.sock|^(-v=?|--volume=)?(\/|(~|\$HOME|\$\{HOME\})(\/\.[^:]*)?|[a-z]:[/\\]?|\/(etc|proc|sys|dev|root|home|users|var|run|boot)\/?):|(src|source)=(\/|~|[a-z]:[/\\]?|\/(etc|proc|sys|dev|root|home|users|var|run|boot)\/?)(,|$)/i,
    "can reach the host’s files or the container engine",
  ],
  [CONTAINER_ENGINE, /^--entrypoint(=|$)/, "replaces the program of the image"],
  [
    /^(npx|bunx)$/,
    /^(-c|-p|--call|--package|--registry|--script-shell|--shell|--userconfig|--globalconfig|--prefix|--node-options)(=|$)/,
    "runs code from another place than the package",
  ],
  [
    /^uvx$/,
    /^(--from|--with|--with-editable|--with-requirements|--index|--default-index|--index-url|--extra-index-url|--find-links|--env-file|--config-file|--python|-f|-i|-p|-w)(=|$)/,
    "runs code from another place than the package",
  ],
  [
    /^dnx$/,
    /^(--add-source|--source|--configfile)(=|$)/,
    "runs code from another place than the package",
  ],
];

/** Variables that make a program load other code, or trust other servers. */
const LOADER_VARIABLE =
  /^(NODE_TLS_REJECT_UNAUTHORIZED|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|GIT_SSL_NO_VERIFY|DOCKER_(HOST|CONTEXT|CONFIG)|COMSPEC|LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|DYLD_\w+|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|PYTHONSTARTUP|PYTHONPATH|PYTHONHOME|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|DOTNET_STARTUP_HOOKS|PATH|GIT_SSH_COMMAND|(npm_config|uv|pip)_\w+|(https?|all)_proxy)$/i;

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
  /** Variables with a value. */
  env: string[];
  /** Variables that the entry declares, so that a person sees them in the form. */
  declared: string[];
}): string[] {
  const { command, options, args, env, declared } = program;
  const found = new Set<string>();
  if (SHELL.test(command)) found.add(`The command is ${command}.`);
  for (const word of [...options, ...args])
    if (SHELL.test(word) || SHELL_COMMAND.test(word))
      found.add(`The command starts a shell: ${word}`);
  for (const word of listStrayWords(command, options))
    found.add(`The command gets ${word} before the package, and would run that instead.`);
  for (const name of listPassedVariables(command, options))
    if (!declared.includes(name))
      found.add(`The container gets your variable ${name}, which the entry does not declare.`);
  for (const word of options)
    for (const [runner, option, reason] of OPTIONS)
      if (runner.test(command) && option.test(word)) found.add(`The command ${reason}: ${word}`);
  for (const name of env)
    if (LOADER_VARIABLE.test(name))
      found.add(
        `The entry sets ${name}, which can make it load other code or trust other servers.`,
      );
  return [...found];
}

/** Options of container engines that take the next word as their value. */
const VALUE_OPTION =
  /^(-[acehlmpuvw]|--(env|volume|mount|name|publish|user|workdir|platform|hostname|add-host|label|memory|cpus|pull|tmpfs|net|network|pid|ipc|restart|shm-size|ulimit|log-driver|log-opt|dns|expose|env-file))$/;

/** Words before the package that are neither options nor their values: the command takes the first one as the package. */
function listStrayWords(command: string, options: string[]): string[] {
  const isContainer = CONTAINER_ENGINE.test(command);
  if (!isContainer && !/^(npx|bunx|uvx|dnx)$/.test(command)) return [];
  return options.filter((word, at) => {
    if (word.startsWith("-")) return false;
    if (!isContainer) return true;
    return !(at === 0 && word === "run") && !VALUE_OPTION.test(options[at - 1] ?? "");
  });
}

/** Variables of the person's own environment that a container gets by their names. */
function listPassedVariables(command: string, options: string[]): string[] {
  if (!CONTAINER_ENGINE.test(command)) return [];
  return options.flatMap((word, at) => {
    const isValue = /^(-e|--env)$/.test(options[at - 1] ?? "");
    const given = isValue ? word : /^(?:--env=|-e=?)(.+)$/.exec(word)?.[1];
    return given === undefined || given.includes("=") ? [] : [given];
  });
}

/** Hosts of the public registries, from which the usual commands install. */
const REGISTRY_HOSTS: Record<string, RegExp> = {
  npm: /^registry\.npmjs\.(org|com)$/,
  pypi: /^(www\.)?pypi\.org$/,
  nuget: /^(api|www)\.nuget\.org$/,
  oci: /^((registry-1|index|hub)\.)?docker\.io$|^hub\.docker\.com$/,
};

/** Why the usual command would install another package than the entry's; null: it would not. */
export function findRegistryDanger(source: ServerPackage): string | null {
  const { registryType, identifier, registryBaseUrl } = source;
  const usual = Object.hasOwn(REGISTRY_HOSTS, registryType) ? REGISTRY_HOSTS[registryType] : null;
  if (registryBaseUrl === null || !usual) return null;
  const host = URL.canParse(registryBaseUrl) ? new URL(registryBaseUrl).host : registryBaseUrl;
  // An image's name can begin with the host of its registry.
  if (usual.test(host) || (registryType === "oci" && identifier.startsWith(`${host}/`)))
    return null;
  return `The entry’s package is in another registry: ${registryBaseUrl}`;
}

/** Hosts that are not on the public internet, as the URL parser writes them. */
const INNER_HOST =
  /^(localhost|.*\.(localhost|local|internal|home\.arpa)|(0|10|127)\..*|169\.254\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|\[.*\])$/;

/** Why a click must not connect to the address; null: nothing is known against it. */
export function findAddressDanger(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { hostname } = new URL(url);
  return INNER_HOST.test(hostname)
    ? `The address is not on the public internet: ${hostname}`
    : null;
}

/** Why a click must not start what the entry itself would start; null: nothing. */
export function findHintDanger({ runtimeHint }: ServerPackage): string | null {
  return runtimeHint !== null && SHELL.test(runtimeHint)
    ? `The entry’s command is ${runtimeHint}.`
    : null;
}
