import { SECRET_NAME } from "./secret-name.ts";
import type { ServerPackage } from "./server-document.ts";
import { compareText, type VersionChange, type VersionState } from "./version-changes.ts";

/** A variable, header or argument that a person gives. */
interface AskedValue {
  name: string;
  isSecret: boolean;
  need: "required" | "optional";
  preset: string | null;
}

type NamedInput = ServerPackage["environmentVariables"][number];
type Input = Omit<NamedInput, "name" | "variables"> & { variables?: NamedInput["variables"] };

/** Compares what two versions ask for. A value is the same if its name is, wherever it belongs. */
export function compareAskedValues(before: VersionState, after: VersionState): VersionChange[] {
  const old = listAskedValues(before);
  const current = listAskedValues(after);
  return [
    ...[...current].flatMap(([key, value]) => compareValue(old.get(key), value)),
    ...[...old].flatMap(([key, { name, need }]) =>
      current.has(key) ? [] : compareText("removed-variable", need, null, name),
    ),
  ];
}

function compareValue(old: AskedValue | undefined, value: AskedValue): VersionChange[] {
  const { name, isSecret, need, preset } = value;
  const isNew = !old || (old.need === "optional" && need === "required");
  if (isNew) {
    const plain = need === "required" ? "variable" : "optional-variable";
    return compareText(isSecret ? "secret" : plain, old?.need ?? null, need, name);
  }
  return compareText("preset", old.preset, preset, name);
}

/** By name in lower case; of several with a name, what asks for most. */
function listAskedValues({ packages, remotes }: VersionState): Map<string, AskedValue> {
  const all = [
    ...packages.flatMap((item) => [
      ...[...item.environmentVariables, ...item.transport.headers].flatMap((input) =>
        toAskedValues(input.name, input),
      ),
      ...[...item.runtimeArguments, ...item.packageArguments].flatMap((argument) =>
        toAskedValues(argument.name ?? argument.valueHint ?? "argument", argument),
      ),
    ]),
    ...remotes.flatMap(({ headers, variables }) => [
      ...headers.flatMap((input) => toAskedValues(input.name, input)),
      ...Object.entries(variables).flatMap(([name, input]) => toAskedValues(name, input)),
    ]),
  ];
  const found = new Map<string, AskedValue>();
  for (const value of all) {
    const key = value.name.toLowerCase();
    const known = found.get(key);
    const need = known?.need === "required" ? "required" : value.need;
    const isSecret = value.isSecret || known?.isSecret === true;
    found.set(key, { ...value, isSecret, need });
  }
  return found;
}

/** A fixed value asks for the variables in it, and for nothing without any. */
function toAskedValues(name: string, input: Input): AskedValue[] {
  const { value, isRequired, isSecret, variables = {} } = input;
  const inner = Object.entries(variables);
  if (value !== null && inner.length > 0)
    return inner.flatMap(([innerName, of]) =>
      toAskedValues(innerName, {
        ...of,
        isRequired: of.isRequired || isRequired,
        isSecret: of.isSecret || isSecret,
      }),
    );
  if (value !== null && !/\{[^{}]+\}/.test(value)) return [];
  const preset = input.default;
  return [
    {
      name,
      isSecret: isSecret || SECRET_NAME.test(name),
      need: isRequired && preset === null ? "required" : "optional",
      preset,
    },
  ];
}
