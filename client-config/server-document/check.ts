import type { Finding, Fix } from "../finding.ts";
import { checkInputs } from "./check-inputs.ts";
import { checkMembers } from "./check-members.ts";
import { checkWays } from "./check-packages.ts";
import { checkSchema, toCamelCase, type Problem } from "./check-schema.ts";
import { checkTexts } from "./check-texts.ts";
import { toObject, toQuote, toText, type JsonObject, type JsonValue } from "./json-value.ts";
import { readJson } from "./read-json.ts";
import { CURRENT_SCHEMA, findSchemaVersion, toSchemaUrl, type SchemaVersion } from "./schemas.ts";

/** Findings of one file. Further ones are seen once these are cured. */
const MAX_FINDINGS = 200;
const SEVERITY_ORDER = ["critical", "high", "medium", "low", "info"];
/** The names of members were others before the second version. */
const SNAKE_CASE_SCHEMA: SchemaVersion = "2025-07-09";

/**
 * Checks a `server.json`: as JSON, by a version of the official schema, and by the rules that no schema can express.
 * Nothing is fetched. `against`: `declared` is the version that `$schema` names; `current` is what a registry accepts, so
 * that an older version is severe. The most severe findings come first.
 */
export function checkServerDocument(
  text: string,
  against: "declared" | "current" = "declared",
): Finding[] {
  const read = readJson(text);
  if (!read.isRead) return read.findings;
  const document = toObject(read.value);
  const problems = document ? checkDocument(document, against) : [NO_OBJECT];
  const found = problems.map(({ rule, ...problem }): Finding => ({
    ...problem,
    rule: `FMT-02/${rule}`,
    server: toText(document?.["name"]) || null,
    range: read.rangeOf(problem.path),
  }));
  return [...read.findings, ...found]
    .toSorted((a, b) => SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity))
    .slice(0, MAX_FINDINGS);
}

/** Whether a registry would refuse a file because of the finding, or its readers would be harmed. */
export function isBlocking({ severity }: Pick<Finding, "severity">): boolean {
  return severity === "critical" || severity === "high";
}

function checkDocument(document: JsonObject, against: "declared" | "current"): Problem[] {
  const url = toText(document["$schema"]);
  const declared = findSchemaVersion(url);
  const version = against === "current" ? CURRENT_SCHEMA : (declared ?? CURRENT_SCHEMA);
  const problems = [
    ...checkDeclaration(document, url, declared, against),
    ...checkSchema(document, version),
  ];
  // Its names are others: the fix of the old version renames them, and the rules then apply.
  if (declared === SNAKE_CASE_SCHEMA) return problems;
  const rules = [checkTexts, checkWays, checkInputs, checkMembers].flatMap((rule) =>
    rule(document),
  );
  // Where the schema refuses a value, a rule that says the same is left out.
  const refused = new Set(problems.map(({ path }) => JSON.stringify(path)));
  return [...problems, ...rules.filter(({ path }) => !refused.has(JSON.stringify(path)))];
}

function checkDeclaration(
  document: JsonObject,
  url: string,
  declared: SchemaVersion | null,
  against: "declared" | "current",
): Problem[] {
  const path = ["$schema"];
  const current = toSchemaUrl(CURRENT_SCHEMA);
  const set: Fix = {
    title: `Declare the schema ${CURRENT_SCHEMA}`,
    edits: [{ path, value: current }],
  };
  if (declared === null) {
    const message =
      url === ""
        ? "The file does not declare its schema."
        : `${toQuote(url)} is no schema of the official registry that is known here.`;
    const why = `Registries check a file by the schema that it declares. It was checked by ${CURRENT_SCHEMA}, and the address was not opened.`;
    return [{ rule: "unknown-schema", severity: "high", path, message, why, fix: set }];
  }
  if (declared === CURRENT_SCHEMA) return [];
  return [
    {
      rule: "old-schema",
      severity: against === "current" ? "high" : "low",
      path,
      message: `The schema ${declared} is not the current one, ${CURRENT_SCHEMA}.`,
      why: "The official registry asks for the current one, and newer clients read what it has.",
      fix:
        declared === SNAKE_CASE_SCHEMA
          ? toModernNames(document, current)
          : toUpgrade(document, set),
    },
  ];
}

/** Newer versions leave the status and what the registry itself says to the registry. */
function toUpgrade(document: JsonObject, { title, edits }: Fix): Fix {
  const dropped = "status" in document ? [{ path: ["status"], value: undefined }] : [];
  return { title, edits: [...edits, ...dropped] };
}

function toModernNames(document: JsonObject, url: string): Fix {
  const { status: _status, ...rest } = document;
  const value = { ...(rename(rest) as JsonObject), $schema: url };
  return { title: `Rewrite it for ${CURRENT_SCHEMA}`, edits: [{ path: [], value }] };
}

function rename(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(rename);
  const object = toObject(value);
  if (!object) return value;
  return Object.fromEntries(
    Object.entries(object).map(([name, member]) => [
      toCamelCase(name),
      // The names of variables and of what the publisher adds are the publisher's own.
      name === "_meta" || name === "variables" ? member : rename(member),
    ]),
  );
}

const NO_OBJECT: Problem = {
  rule: "schema",
  severity: "high",
  path: [],
  message: "The file is no object.",
  why: "A server.json is an object with a name, a description and a version.",
  fix: null,
};
