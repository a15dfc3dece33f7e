import { findRegistryDanger } from "./install/dangers.ts";
import { toPackageKey } from "./package-key.ts";
import type { ServerPackage } from "./server-document.ts";
import {
  compareText,
  compareTexts,
  type VersionChange,
  type VersionState,
} from "./version-changes.ts";

type Argument = ServerPackage["packageArguments"][number];

/** The command that usually starts a kind of package. */
const USUAL_COMMANDS: Record<string, string> = {
  npm: "npx",
  pypi: "uvx",
  oci: "docker",
  nuget: "dnx",
};
/** Text that a shell or a reader could take for several arguments, or for none. */
const UNCLEAR = /^$|[\s"'\\]/;

/** Compares which packages two versions install, and how they start them. */
export function comparePackages(before: VersionState, after: VersionState): VersionChange[] {
  const old = groupPackages(before);
  const current = groupPackages(after);
  return [
    ...compareTexts({ added: "package", removed: "removed-package" }, old.keys(), current.keys()),
    ...[...current].flatMap(([key, packages]) => [
      ...compareCommands(key, old.get(key), packages),
      ...compareFiles(key, old.get(key) ?? [], packages),
    ]),
  ];
}

/** By what they install: kind and identifier without version, and the registry if it is not the usual one. */
function groupPackages({ packages, version }: VersionState): Map<string, ServerPackage[]> {
  return Map.groupBy(packages, (item) => {
    const { registryBaseUrl } = item;
    const registry = findRegistryDanger(item) === null ? "" : ` from ${registryBaseUrl}`;
    return toPackageKey({ ...item, identifier: toFixedIdentifier(item, version) }) + registry;
  });
}

/** The path of a bundle's URL usually has the version in it. */
function toFixedIdentifier(
  { registryType, identifier, version }: ServerPackage,
  serverVersion: string | null,
): string {
  if (registryType !== "mcpb" || !URL.canParse(identifier)) return identifier;
  const { origin, pathname } = new URL(identifier);
  const rest = identifier.slice(identifier.indexOf(pathname, origin.length));
  return origin + hideVersion(hideVersion(rest, version), serverVersion);
}

/** One without a dot could be a part of any word. */
function hideVersion(text: string, version: string | null): string {
  return version?.includes(".") ? text.replaceAll(version, "{version}") : text;
}

/** Compares how a package is started. An entry can have it several times, with other arguments. */
function compareCommands(
  key: string,
  old: ServerPackage[] | undefined,
  packages: ServerPackage[],
): VersionChange[] {
  // That a new package is started as usual goes without saying.
  const shown = old ? packages : packages.filter((item) => !isPlain(item));
  const changes = compareTexts(
    { added: "command", removed: "command" },
    (old ?? []).map((item) => toCommand(key, item)),
    shown.map((item) => toCommand(key, item)),
  );
  return changes.map((change) => ({ ...change, name: key }));
}

function isPlain({
  registryType,
  runtimeHint,
  runtimeArguments,
  packageArguments,
  environmentVariables,
}: ServerPackage): boolean {
  const isUsual = runtimeHint === null || runtimeHint === USUAL_COMMANDS[registryType];
  const isFixed = environmentVariables.some(({ value }) => value !== null);
  return isUsual && !isFixed && runtimeArguments.length + packageArguments.length === 0;
}

/** The command as text that shows each difference: fixed variables, program, its arguments, the package and its arguments. */
function toCommand(key: string, item: ServerPackage): string {
  const { registryType, runtimeHint, runtimeArguments, packageArguments, version } = item;
  const fixed = item.environmentVariables.flatMap(({ name, value }) =>
    value === null ? [] : [toWord(`${name}=${value}`)],
  );
  const command = runtimeHint ?? USUAL_COMMANDS[registryType];
  return [
    ...fixed,
    ...(command === undefined ? [] : [toWord(command)]),
    ...runtimeArguments.map(toText),
    key.slice(registryType.length + 1),
    ...packageArguments.map(toText),
  ]
    .map((word) => hideVersion(word, version))
    .join(" ");
}

function toText({ type, name, value, valueHint, isRepeated, ...argument }: Argument): string {
  const text = value ?? argument.default;
  const shown = text === null ? `<${valueHint ?? name ?? "value"}>` : toWord(text);
  const flag = name === null ? "" : toWord(name);
  const words =
    type === "named" ? [flag, ...(text === null && !valueHint ? [] : [shown])] : [shown];
  return words.join(" ") + (isRepeated ? " …" : "");
}

function toWord(text: string): string {
  return UNCLEAR.test(text) ? JSON.stringify(text) : text;
}

/** Compares the version and file of a package that an entry has once. */
function compareFiles(
  key: string,
  [old, ...otherOld]: ServerPackage[],
  [item, ...others]: ServerPackage[],
): VersionChange[] {
  if (!old || !item || otherOld.length + others.length > 0) return [];
  const changes = compareText("package-version", toVersion(old), toVersion(item), key);
  return changes.length === 0 && old.fileSha256 !== null
    ? compareText("file", old.fileSha256, item.fileSha256, key)
    : changes;
}

/** The version; where the entry states none, the part of the identifier that has it: the tag of an image, a bundle's URL. */
function toVersion({ registryType, identifier, version }: ServerPackage): string | null {
  if (version !== null) return version;
  if (registryType === "mcpb") return identifier;
  return registryType === "oci" ? (/@sha256:.*$|:[^:/@]*$/.exec(identifier)?.[0] ?? null) : null;
}
