import type { z } from "zod";

/** The types of schemas, as a person calls them. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["tuple", "a list"],
  ["set", "a list"],
  ["object", "an object"],
  ["record", "an object"],
  ["map", "an object"],
  ["null", "null"],
]);
/** Formats of texts. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["url", "an address"],
  ["email", "an email address"],
  ["uuid", "a UUID"],
  ["datetime", "a date with a time"],
]);
/** How the messages of the library begin. Others are a schema’s own. */
const GENERIC = /^(?:Invalid |Too (?:small|big): |Unrecognized key)/;

/** What a schema says against a value, as one sentence. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.length === 0 ? "It" : `“${issue.path.map(String).join(".")}”`;
  const own = issue.message.replace(/\.$/, "");
  if (!GENERIC.test(own))
    return issue.path.length === 0
      ? `${own[0]?.toUpperCase() ?? ""}${own.slice(1)}.`
      : `${place}: ${own}.`;
  return `${place} ${toPredicate(issue)}.`;
}

function toPredicate(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? "is missing"
        : `must be ${TYPES.get(issue.expected) ?? "of another type"}`;
    case "too_small":
      return describeSize(issue.origin, Number(issue.minimum), "fewer");
    case "too_big":
      return describeSize(issue.origin, Number(issue.maximum), "more");
    case "unrecognized_keys":
      return `has members that are not known: ${issue.keys.join(", ")}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_format": {
      const format = FORMATS.get(issue.format);
      return format === undefined ? "is not written as it must be" : `must be ${format}`;
    }
    default:
      return "is none of the known kinds";
  }
}

/** A limit of a list, a text or a number. */
function describeSize(origin: string, limit: number, word: "fewer" | "more"): string {
  const unit = origin === "string" ? "character" : TYPES.get(origin) === "a list" ? "item" : null;
  if (unit === null) return `must not be ${word === "fewer" ? "less" : "more"} than ${limit}`;
  if (word === "fewer" && limit === 1) return "must not be empty";
  return `has ${word} than ${limit} ${unit}${limit === 1 ? "" : "s"}`;
}
