import { SEVERITIES } from "../severity.ts";
import { toCanonical, toCanonicalText } from "./canonical.ts";
import { compareMembers } from "./compare-members.ts";
import { checkName, compareTexts } from "./compare-texts.ts";
import {
  DIFFERENCE_RULES,
  type ComparisonContext,
  type Definition,
  type DefinitionChange,
  type DefinitionKind,
  type Difference,
} from "./definition.ts";
import type { Draft } from "./draft.ts";
import { readJson, writeJson } from "./json-value.ts";
import { compareWords } from "./word-difference.ts";

/** Longest definition that is compared member by member, characters. */
const MAX_COMPARED = 262_144;
/** Longest value that a difference shows, characters. */
const MAX_SHOWN = 2000;
/** Most differences of one definition. */
const MAX_DIFFERENCES = 300;
/** Texts whose words are compared. Others are shown as values. */
const WORDED = new Set(["description", "title", "output-schema", "meta", "member"]);

const NAMES: Record<DefinitionKind, string> = {
  tool: "tool",
  prompt: "prompt",
  resource: "resource",
  template: "resource template",
  instructions: "text of instructions",
  skill: "skill",
};

/**
 * Compares two definitions of one kind and key; null: there was or is none. Says what each difference means, worst first.
 * Never throws: what cannot be read, or is too large, is one difference that says so.
 */
export function compareDefinitions(
  before: Definition | null,
  after: Definition | null,
  context: ComparisonContext = {},
): DefinitionChange {
  if (before && after) return compareBoth(before, after, context);
  if (after) return describeAdded(after, context);
  return before ? describeRemoved(before) : toChange("same", [], true);
}

/**
 * What a text does that the one before it did not, worst first: to the model, to a reader, and where it leads. Null: there was no
 * text.
 */
export function findInText(
  before: string | null,
  after: string,
  context: ComparisonContext = {},
): Difference[] {
  const drafts = compareTexts(before ?? undefined, after, context);
  return toChange("changed", before === null ? drafts.map(toMilder) : drafts, true).differences;
}

function compareBoth(
  before: Definition,
  after: Definition,
  context: ComparisonContext,
): DefinitionChange {
  if (toCanonicalText(before) === toCanonicalText(after)) return toChange("same", [], true);
  const [old, current] = [readComparable(before), readComparable(after)];
  if (old === undefined || current === undefined)
    return toChange("changed", [toUnreadable(before, after)], false);
  const { kind } = after;
  const { drafts, isCompatible } = compareMembers(kind, old, current);
  if (kind === "instructions" || drafts.length === 0)
    drafts.push(describeWhole(kind, old, current));
  drafts.push(...compareTexts(old, current, context));
  return toChange("changed", drafts, isCompatible);
}

/** Undefined: it cannot be read, or is too large. */
function readComparable({ kind, json }: Definition): unknown {
  return json.length > MAX_COMPARED ? undefined : toCanonical(kind, readJson(json));
}

function describeAdded(after: Definition, context: ComparisonContext): DefinitionChange {
  const value = readComparable(after);
  const drafts: Draft[] = [
    {
      rule: "definition-added",
      severity: "medium",
      path: "",
      message: `The ${NAMES[after.kind]} is new.`,
      before: undefined,
      after: value,
    },
  ];
  if (value === undefined) drafts.push(toUnreadable(null, after));
  else drafts.push(...compareTexts(undefined, value, context).map(toMilder));
  if (after.kind !== "instructions") drafts.push(...checkName(after.key, context));
  return toChange("added", drafts, true);
}

/** Everything in a new definition is new: a host is no surprise in it. */
function toMilder(draft: Draft): Draft {
  return draft.rule === "new-host" && draft.severity === "high"
    ? { ...draft, severity: "medium" }
    : draft;
}

function describeRemoved(before: Definition): DefinitionChange {
  const draft: Draft = {
    rule: "definition-removed",
    severity: "medium",
    path: "",
    message: `The ${NAMES[before.kind]} is not there any more.`,
    before: readComparable(before),
    after: undefined,
  };
  return toChange("removed", [draft], false);
}

function toUnreadable(before: Definition | null, after: Definition): Draft {
  return {
    rule: "unreadable",
    severity: "high",
    path: "",
    message:
      "The definition has changed, and is too large, too deep or no JSON: it cannot be compared.",
    before: before?.json,
    after: after.json,
  };
}

/** A change that is none of the members’: of a text as a whole, or of how a schema is written. */
function describeWhole(kind: DefinitionKind, before: unknown, after: unknown): Draft {
  const isText = kind === "instructions";
  return {
    rule: isText ? "description" : "form",
    severity: isText ? "low" : "info",
    path: "",
    message: isText
      ? "The instructions are other ones."
      : "The definition is written in another way and means the same.",
    before,
    after,
  };
}

function toChange(
  change: DefinitionChange["change"],
  drafts: readonly Draft[],
  isCompatible: boolean,
): DefinitionChange {
  const rank = ({ severity, rule }: Draft) =>
    SEVERITIES.indexOf(severity) * DIFFERENCE_RULES.length + DIFFERENCE_RULES.indexOf(rule);
  const differences = drafts
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MAX_DIFFERENCES)
    .map(toDifference);
  return { change, severity: differences[0]?.severity ?? null, differences, isCompatible };
}

function toDifference({ rule, severity, path, message, before, after }: Draft): Difference {
  const isWorded = WORDED.has(rule) && typeof before === "string" && typeof after === "string";
  const segments = isWorded ? compareWords(before, after) : [];
  const isSpace =
    isWorded && segments.every(({ kind, text }) => kind === "same" || text.trim() === "");
  return {
    rule,
    severity: isSpace ? "info" : severity,
    path,
    message: isSpace ? `${message.replace(/\.$/, "")}, in white space only.` : message,
    before: toText(before),
    after: toText(after),
    segments,
  };
}

function toText(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === "string" ? value : writeJson(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
