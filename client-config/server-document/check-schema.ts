import { Validator, type OutputUnit } from "@cfworker/json-schema";
import type { Finding, Fix } from "../finding.ts";
import type { Path } from "../model.ts";
import { toObject, toQuote, type JsonObject, type JsonValue } from "./json-value.ts";
import { makeSchema, type SchemaVersion } from "./schemas.ts";

/** A problem of a file, before its place in the text is looked up. */
export type Problem = Pick<Finding, "severity" | "path" | "message" | "why" | "fix"> & {
  /** The end of the rule's id, such as `missing-secret`. */
  rule: string;
};

/** Keywords whose errors only report that a nested schema failed. */
const WRAPPERS = new Set(["properties", "additionalProperties", "items", "allOf", "if"]);
const WHY = "Registries refuse a file that does not follow the schema, and clients cannot read it.";
const SNAKE = /_[a-z]/g;

/** What a version of the schema says against a file. */
export function checkSchema(document: JsonValue, version: SchemaVersion): Problem[] {
  const { errors } = new Validator(makeSchema(version), "7", false).validate(document);
  const problems = errors.filter(isCause).map((error) => toProblem(error, document));
  // Several rules can refuse the same value for the same reason.
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function isCause({ keyword, keywordLocation, error }: OutputUnit, _: number, all: OutputUnit[]) {
  if (/\/anyOf\/\d/.test(keywordLocation)) return false;
  if (keyword === "additionalProperties") return error.startsWith("Property ");
  if (keyword === "false")
    // The keyword that refuses the member names it.
    return !all.some((other) => other.keyword === "additionalProperties");
  return !WRAPPERS.has(keyword);
}

function toProblem({ keyword, instanceLocation, error }: OutputUnit, document: JsonValue): Problem {
  const path = toPath(instanceLocation, document);
  const value = findValue(document, path);
  const base = { rule: "schema", severity: "high", path, why: WHY, fix: null } as const;
  const name = path.length === 0 ? "The file" : `“${path.join(".")}”`;
  switch (keyword) {
    case "required": {
      const member = /"(.+?)"/.exec(error)?.[1] ?? "";
      const fix = toMissingFix(path, member, toObject(value));
      return { ...base, path: [...path, member], message: `${name} lacks “${member}”.`, fix };
    }
    case "anyOf":
      return {
        ...base,
        message: `The positional argument ${name} has neither a value nor a valueHint.`,
      };
    case "enum":
      return {
        ...base,
        message: `${name} is ${describe(value)}; the schema knows other values.`,
        fix: null,
      };
    case "additionalProperties": {
      const member = /^Property "(.+?)"/.exec(error)?.[1] ?? "";
      const at = [...path, member];
      return {
        ...base,
        path: at,
        message: `${name} has “${member}”, which the schema does not know.`,
        fix: toRemoval(at),
      };
    }
    case "type":
      return {
        ...base,
        message: `${name} is of a wrong type: ${error.replace(/^Instance type /, "")}`,
      };
    case "maxLength":
      return {
        ...base,
        message: `${name} is too long: ${error.replace(/^String is too long /, "")}`,
      };
    case "not":
      return { ...base, message: `${name} must be one version: “latest” is none.` };
    default:
      return { ...base, message: `${name} does not follow the schema: ${toLine(error)}` };
  }
}

function describe(value: JsonValue | undefined): string {
  return typeof value === "string" ? toQuote(value) : "of another type";
}

/** Messages quote values: one line, not long. */
function toLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 160).toWellFormed()}…` : line;
}

/** A member in the spelling of 2025-07-09 has the value that is missing. */
function toMissingFix(path: Path, member: string, parent: JsonObject | null): Fix | null {
  const old = member.replaceAll(/[A-Z]/g, (char) => `_${char.toLowerCase()}`);
  const value = old === member ? undefined : parent?.[old];
  if (value === undefined) {
    if (member !== "transport") return null;
    const edits = [{ path: [...path, member], value: { type: "stdio" } }];
    return { title: "Add the transport stdio", edits };
  }
  return toRename(path, old, member, value);
}

/** Renames a member. */
export function toRename(path: Path, old: string, name: string, value: JsonValue): Fix {
  const edits = [
    { path: [...path, name], value },
    { path: [...path, old], value: undefined },
  ];
  return { title: `Rename it to ${name}`, edits };
}

/** Removes a member or an item. */
export function toRemoval(path: Path): Fix {
  return { title: "Remove it", edits: [{ path, value: undefined }] };
}

/** The name of a member in the spelling since 2025-09-16. */
export function toCamelCase(name: string): string {
  return name.startsWith("_")
    ? name
    : name.replaceAll(SNAKE, (part) => part.slice(1).toUpperCase());
}

/** The value at a path; undefined: there is none. */
function findValue(document: JsonValue, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of path)
    value =
      typeof step === "number"
        ? Array.isArray(value)
          ? value[step]
          : undefined
        : toObject(value)?.[step];
  return value;
}

/** Reads a JSON pointer (RFC 6901). A step into a list is a number. */
function toPath(pointer: string, document: JsonValue): Path {
  const parts = pointer
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "");
  const path: (string | number)[] = [];
  for (const part of parts) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(findValue(document, path)) ? Number(name) : name);
  }
  return path;
}
