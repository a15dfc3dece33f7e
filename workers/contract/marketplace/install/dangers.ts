import type { ServerPackage } from "../server-document.ts";
import { findOptionDanger, type OptionDanger } from "./harmless-options.ts";
import { OWN_VALUE } from "./values.ts";

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

/** What is wrong with options that are not among the harmless ones, where more is known. They are written `name=value`. */
const REASONS: [command: RegExp, option: RegExp, reason: string][] = [
  [
    CONTAINER_ENGINE,
    /^--(privileged|cap-add|device|device-cgroup-rule|security-opt|volumes-from|cgroup-parent|env-file|runtime)(=|$)/,
    "asks for privileges beyond those of a container",
  ],
  [
    CONTAINER_ENGINE,
    /^--(net|network|pid|ipc|userns|uts|cgroupns)(=(host|container:.*))?$/,
    "shares the host’s network or processes",
  ],
  [
    CONTAINER_ENGINE,
    /^(-v|--volume|--mount|--use-api-socket)(=|$)/,
    "can reach the host’s files or the container engine",
  ],
  [CONTAINER_ENGINE, /^--entrypoint(=|$)/, "replaces the program of the image"],
  [
    /^(npx|bunx)$/,
    /^(-c|-p|--call|--package|--(.*:)?registry|--script-shell|--shell|--userconfig|--globalconfig|--prefix|--node-options)(=|$)/,
    "runs code from another place than the package",
  ],
  [
    /^uvx$/,
    /^(--from|--with|--with-editable|--with-requirements|--index|--default-index|--index-url|--extra-index-url|--find-links|--env-file|--config-file|--directory|--constraints|--overrides|--python|-f|-i|-p|-w)(=|$)/,
    "runs code from another place than the package",
  ],
  [
    /^dnx$/,
    /^(--add-source|--source|--configfile)(=|$)/,
    "runs code from another place than the package",
  ],
];

/** Places that no container gets, also if a person types them: an entry can ask for that. */
const HOST_PLACE =
  /(docker|podman|containerd)\.sock|^(-v=?|--volume=)?(\/|(~|\$HOME|\$\{HOME\})(\/\.[^:]*)?|[a-z]:[/\\]?|\/(etc|proc|sys|dev|root|home|users|var|run|boot)\/?):|(src|source)=(\/|~|[a-z]:[/\\]?|\/(etc|proc|sys|dev|root|home|users|var|run|boot)\/?)(,|$)/i;

/** Settings of the programs that fetch and start packages, by the beginning of their names. */
const RUNNER_SETTINGS = "npm_config|uv_|pip_|bun_|containers?_|nuget_|dyld_|xdg_";
/** Variables that make a program load other code or settings, trust other servers, or write keys. */
const LOADER_VARIABLES = [
  "NODE_TLS_REJECT_UNAUTHORIZED|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|GIT_SSL_NO_VERIFY",
  "OPENSSL_(CONF|MODULES|ENGINES)|SSLKEYLOGFILE|NETRC|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY)|COMSPEC",
  "LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|PYTHONSTARTUP|PYTHONPATH|PYTHONHOME|PERL5OPT",
  "RUBYOPT|JAVA_TOOL_OPTIONS|DOTNET_(STARTUP_HOOKS|ROOT|ADDITIONAL_DEPS|SHARED_STORE)|PATH|HOME|USERPROFILE|APPDATA",
  "GIT_SSH_COMMAND|(https?|all)_proxy",
].join("|");
const LOADER_VARIABLE = new RegExp(`^(?:(?:${RUNNER_SETTINGS}).*|${LOADER_VARIABLES})$`, "i");

/**
 * Why a click must not start the program: it is a shell, or has options that are not known to be harmless, such as those
 * that ask for privileges or run other code than the package. Empty: nothing is known against it.
 */
export function listDangers(program: {
  command: string;
  /** Arguments of the command, before the package. */
  options: string[];
  /** The same with `OWN_VALUE` for each value that a person types. */
  entryOptions: string[];
  /** Arguments of the package. */
  args: string[];
  /** Variables with a value. */
  env: string[];
  /** Variables that the entry declares, so that a person sees them in the form. */
  declared: string[];
  /** The package; null: the command is this application's own. */
  source: ServerPackage | null;
}): string[] {
  const { command, options, entryOptions, args, env, declared, source } = program;
  const found: string[] = [];
  if (SHELL.test(command)) found.push(`The command is ${command}.`);
  for (const word of [...options, ...args])
    if (SHELL.test(word) || SHELL_COMMAND.test(word))
      found.push(`The command starts a shell: ${word}`);
  const danger = findOptionDanger({ command, options: entryOptions, source, declared });
  if (danger !== null) found.push(toReason(command, danger));
  if (CONTAINER_ENGINE.test(command))
    for (const word of options)
      if (HOST_PLACE.test(word))
        found.push(`The command can reach the host’s files or the container engine: ${word}`);
  for (const name of env)
    if (LOADER_VARIABLE.test(name))
      found.push(
        `The entry sets ${name}, which can make it load other code or trust other servers.`,
      );
  return found;
}

function toReason(command: string, danger: OptionDanger): string {
  const word = danger.word.replaceAll(OWN_VALUE, "…");
  if (danger.kind === "stray")
    return `The command gets ${word} before the package, and would run that instead.`;
  if (danger.kind === "valueless")
    return `The command gets ${word} without a value, and would take the package as the value.`;
  const { name, value } = danger;
  if (CONTAINER_ENGINE.test(command) && /^(-e|--env)$/.test(name) && value !== null)
    return `The container gets your variable ${value.replaceAll(OWN_VALUE, "…")}, which the entry does not declare.`;
  const option = value === null ? name : `${name}=${value}`;
  const known = REASONS.find(([runner, text]) => runner.test(command) && text.test(option));
  return known
    ? `The command ${known[2]}: ${word}`
    : `It runs ${command} with ${word}, which is not among the options that are known to be harmless.`;
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
