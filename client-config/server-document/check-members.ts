import type { Path } from "../model.ts";
import { toCamelCase, toRemoval, toRename, type Problem } from "./check-schema.ts";
import { listObjects, toObject, toQuote, type JsonObject } from "./json-value.ts";

const SERVER =
  "$schema name title description version websiteUrl repository icons packages remotes _meta";
const PACKAGE =
  "registryType registryBaseUrl identifier version fileSha256 runtimeHint transport runtimeArguments packageArguments environmentVariables";
const INPUT =
  "description isRequired isSecret format default value choices placeholder variables name";
const ARGUMENT = `${INPUT} type valueHint isRepeated`;

/** Members that the schema does not know: they are allowed and have no effect, so that they are often errors of spelling. */
export function checkMembers(document: JsonObject): Problem[] {
  return [
    ...findUnknown(document, [], SERVER),
    ...findUnknown(toObject(document["repository"]), ["repository"], "url source id subfolder"),
    ...listObjects(document["packages"], ["packages"]).flatMap(([item, path]) => [
      ...findUnknown(item, path, PACKAGE),
      ...findUnknown(toObject(item["transport"]), [...path, "transport"], "type url headers"),
      ...findInList(item, path, "runtimeArguments", ARGUMENT),
      ...findInList(item, path, "packageArguments", ARGUMENT),
      ...findInList(item, path, "environmentVariables", INPUT),
    ]),
    ...listObjects(document["remotes"], ["remotes"]).flatMap(([item, path]) => [
      ...findUnknown(item, path, "type url headers variables"),
      ...findInList(item, path, "headers", INPUT),
    ]),
  ];
}

function findInList(parent: JsonObject, path: Path, list: string, known: string): Problem[] {
  return listObjects(parent[list], [...path, list]).flatMap(([item, at]) =>
    findUnknown(item, at, known),
  );
}

function findUnknown(object: JsonObject | null, path: Path, list: string): Problem[] {
  if (!object) return [];
  const known = list.split(" ");
  return Object.entries(object).flatMap(([name, value]): Problem[] => {
    if (known.includes(name)) return [];
    const at = [...path, name];
    const right = toCamelCase(name);
    const isOther = right !== name && known.includes(right) && !(right in object);
    return [
      {
        rule: "unknown-member",
        severity: isOther ? "high" : "low",
        path: at,
        message: `${toQuote(name)} is not known here${isOther ? `: the name is ${right}` : ""}.`,
        why: "Registries and clients do not read it.",
        fix: isOther ? toRename(path, name, right, value) : toRemoval(at),
      },
    ];
  });
}
