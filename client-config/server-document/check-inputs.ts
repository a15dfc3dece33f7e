import { SECRET_NAME } from "../../workers/contract/marketplace/secret-name.ts";
import type { Fix } from "../finding.ts";
import type { Path } from "../model.ts";
import { toRemoval, type Problem } from "./check-schema.ts";
import { listObjects, toObject, toQuote, toText, type JsonObject } from "./json-value.ts";

/** A value that a client or a person gives: an argument, an environment variable, a header, or a variable in one of them. */
interface Input {
  kind: "argument" | "environment" | "header" | "variable";
  input: JsonObject;
  path: Path;
  name: string;
}

const VARIABLE = /\{([^{}\s]+)\}/g;
const ARGUMENT_LISTS = ["runtimeArguments", "packageArguments"];

/** The names in curly braces of a template, each once. */
export function listTemplateNames(template: string): string[] {
  return [...new Set([...template.matchAll(VARIABLE)].map(([, name = ""]) => name))];
}

/** The rules of arguments, environment variables, headers and variables. */
export function checkInputs(document: JsonObject): Problem[] {
  const inputs = [
    ...listObjects(document["packages"], ["packages"]).flatMap(([item, path]) => [
      ...ARGUMENT_LISTS.flatMap((list) => listInputs(item, path, list, "argument")),
      ...listInputs(item, path, "environmentVariables", "environment"),
      ...listInputs(toObject(item["transport"]) ?? {}, [...path, "transport"], "headers", "header"),
    ]),
    ...listObjects(document["remotes"], ["remotes"]).flatMap(([item, path]) => [
      ...listInputs(item, path, "headers", "header"),
      ...listVariables(item, path),
    ]),
  ];
  return [
    ...inputs.flatMap((input) => checkInput(input)),
    ...listObjects(document["packages"], ["packages"]).flatMap(([item, path]) =>
      findDuplicates(item, [...path, "environmentVariables"]),
    ),
  ];
}

function listInputs(parent: JsonObject, path: Path, list: string, kind: Input["kind"]): Input[] {
  return listObjects(parent[list], [...path, list]).flatMap(([input, at]) => [
    { kind, input, path: at, name: toText(input["name"]) || toText(input["valueHint"]) },
    ...listVariables(input, at),
  ]);
}

function listVariables(parent: JsonObject, path: Path): Input[] {
  return Object.entries(toObject(parent["variables"]) ?? {}).flatMap(([name, value]): Input[] => {
    const input = toObject(value);
    return input ? [{ kind: "variable", input, path: [...path, "variables", name], name }] : [];
  });
}

function checkInput(given: Input): Problem[] {
  return [
    ...checkName(given),
    ...checkSecret(given),
    ...checkTemplate(given),
    ...checkValues(given),
  ];
}

function checkName({ kind, input, path, name }: Input): Problem[] {
  if (kind !== "argument" || input["type"] !== "named" || name === "" || name.startsWith("-"))
    return [];
  const at = [...path, "name"];
  return [
    {
      rule: "argument-dashes",
      severity: "medium",
      path: at,
      message: `The named argument ${toQuote(name)} has no leading dashes.`,
      why: "Clients put the name on the command line unchanged, so that programs do not see a flag.",
      fix: { title: `Name it --${name}`, edits: [{ path: at, value: `--${name}` }] },
    },
  ];
}

function checkSecret({ kind, input, path, name }: Input): Problem[] {
  const value = toText(input["value"]);
  const isTemplate = listTemplateNames(value).length > 0;
  const isSecret = input["isSecret"] === true;
  const at = [...path, "isSecret"];
  if (isSecret && value !== "" && !isTemplate)
    return [
      {
        rule: "secret-value",
        severity: "high",
        path: [...path, "value"],
        message: `${toQuote(name)} is a secret, and its value is in the file.`,
        why: "A published file can be read by all, and published versions are never changed.",
        fix: {
          title: "Ask for the value instead",
          edits: [{ path: [...path, "value"], value: undefined }],
        },
      },
    ];
  if (isSecret && isTemplate)
    return [
      {
        rule: "secret-template",
        severity: "low",
        path: at,
        message: `${toQuote(name)} is marked as a secret, but its text is a template.`,
        why: "Clients hide the whole text. The variables in it are what is secret.",
        fix: toVariableSecrets(input, path),
      },
    ];
  const isNamedSecret = kind !== "argument" || name.startsWith("-");
  if (isSecret || value !== "" || !isNamedSecret || !SECRET_NAME.test(name)) return [];
  return [
    {
      rule: "missing-secret",
      severity: "medium",
      path: at,
      message: `${toQuote(name)} looks like a secret, and isSecret is not set.`,
      why: "Clients show what is typed and can store it where others read it.",
      fix: { title: "Mark it as a secret", edits: [{ path: at, value: true }] },
    },
  ];
}

function toVariableSecrets(input: JsonObject, path: Path): Fix {
  const variables = Object.keys(toObject(input["variables"]) ?? {});
  return {
    title: "Mark the variables as secrets",
    edits: [
      { path: [...path, "isSecret"], value: undefined },
      ...variables.map((name) => ({ path: [...path, "variables", name, "isSecret"], value: true })),
    ],
  };
}

function checkTemplate({ kind, input, path, name }: Input): Problem[] {
  if (kind === "variable") return [];
  const value = toText(input["value"]);
  const used = listTemplateNames(value);
  const known = Object.keys(toObject(input["variables"]) ?? {});
  const missing = used.filter((variable) => !known.includes(variable));
  return [
    ...missing.map((variable): Problem => {
      const isSecret = SECRET_NAME.test(`${name} ${variable}`);
      const added = { isRequired: true, ...(isSecret && { isSecret }) };
      return {
        rule: "missing-variable",
        severity: "high",
        path: [...path, "value"],
        message: `The value of ${toQuote(name)} has {${variable}}, and no such variable is defined.`,
        why: "Clients do not replace the braces, so that the server gets a text that is no value.",
        fix: {
          title: `Define ${variable}`,
          edits: [{ path: [...path, "variables", variable], value: added }],
        },
      };
    }),
    ...known
      .filter((variable) => !used.includes(variable))
      .map((variable): Problem => {
        const at = [...path, "variables", variable];
        return {
          rule: "unused-variable",
          severity: "low",
          path: at,
          message: `The variable ${toQuote(variable)} is not in the value of ${toQuote(name)}.`,
          why: "Clients ask people for it, and it has no effect.",
          fix: toRemoval(at),
        };
      }),
  ];
}

function checkValues({ input, path, name }: Input): Problem[] {
  const format = toText(input["format"]);
  const fits = (value: string) => listTemplateNames(value).length > 0 || isOfFormat(value, format);
  const choices = Array.isArray(input["choices"]) ? input["choices"] : [];
  const wrong = ["value", "default"].filter(
    (member) => typeof input[member] === "string" && !fits(toText(input[member])),
  );
  const wrongChoice = choices.findIndex((choice) => typeof choice === "string" && !fits(choice));
  const formatFix = {
    title: "Allow any text",
    edits: [{ path: [...path, "format"], value: undefined }],
  };
  const result = [...wrong, ...(wrongChoice === -1 ? [] : ["choices"])].map((member): Problem => ({
    rule: "value-format",
    severity: "high",
    path: [...path, member],
    message: `The ${member} of ${toQuote(name)} is no ${format}.`,
    why: "Clients that check the format refuse it.",
    fix: formatFix,
  }));
  const preset = input["default"];
  if (typeof preset === "string" && choices.length > 0 && !choices.includes(preset))
    result.push({
      rule: "default-choice",
      severity: "high",
      path: [...path, "default"],
      message: `The default of ${toQuote(name)} is none of its choices.`,
      why: "Clients offer the choices only, and a person cannot keep the default.",
      fix: toRemoval([...path, "default"]),
    });
  const idle = ["default", "isRequired", "choices"].filter((member) => member in input);
  if (typeof input["value"] === "string" && idle.length > 0)
    result.push({
      rule: "fixed-value",
      severity: "low",
      path: [...path, idle[0] ?? "default"],
      message: `${toQuote(name)} has a fixed value, so ${idle.join(", ")} ${idle.length > 1 ? "have" : "has"} no effect.`,
      why: "Clients do not ask people for it. A value that they can change is a default.",
      fix: {
        title: "Remove what has no effect",
        edits: idle.map((member) => ({ path: [...path, member], value: undefined })),
      },
    });
  return result;
}

function isOfFormat(value: string, format: string): boolean {
  if (format === "number") return value.trim() !== "" && Number.isFinite(Number(value));
  return format !== "boolean" || /^(true|false)$/i.test(value);
}

function findDuplicates(item: JsonObject, path: Path): Problem[] {
  const seen = new Set<string>();
  return listObjects(item["environmentVariables"], path).flatMap(([input, at]): Problem[] => {
    const name = toText(input["name"]);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      {
        rule: "duplicate-variable",
        severity: "medium",
        path: at,
        message: `The environment variable ${toQuote(name)} is there twice.`,
        why: "Clients differ in which one they use.",
        fix: toRemoval(at),
      },
    ];
  });
}
