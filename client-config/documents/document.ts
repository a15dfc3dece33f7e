import type { Finding } from "../finding.ts";
import { MAX_SYNTAX_FINDINGS, MAX_TEXT_LENGTH, TOO_LARGE } from "../limits.ts";
import type { Path, Range } from "../model.ts";
import { checkSize } from "./check-size.ts";
import {
  describeDepth,
  ExcessProblem,
  findNode,
  SyntaxProblem,
  toPlain,
  type DocumentNode,
  type Language,
  type Parsed,
  type Span,
} from "./node.ts";
import { parseJson } from "./parse-json.ts";
import { parseToml } from "./parse-toml.ts";
import { parseYaml } from "./parse-yaml.ts";
import { makeRanges } from "./ranges.ts";

/** A text of one of the languages, with the places of its values. */
export interface ConfigurationDocument {
  language: Language;
  text: string;
  /** Null: the text cannot be read; the findings say why. */
  root: DocumentNode | null;
  /** The text as a value: maps are objects with their own members only. An empty map where the text cannot be read. */
  value: unknown;
  /** Comments, and commas before a closing bracket, of JSON. */
  comments: readonly Span[];
  trailingCommas: readonly Span[];
  /** Where the value at a path is, with its key; null: it is not in the text. */
  locate: (path: Path) => Range | null;
  /** Where it is, without its key. */
  locateValue: (path: Path) => Range | null;
  /** A part of the text as a range. */
  toRange: (start: number, end: number) => Range;
}

const PARSERS: Record<Language, (text: string) => Parsed> = {
  json: parseJson,
  toml: parseToml,
  yaml: parseYaml,
};
const LABELS: Record<Language, string> = { json: "JSON", toml: "TOML", yaml: "YAML" };
const BYTE_ORDER_MARK = "\uFEFF";

/** Reads a text. Never throws: what is wrong is a finding. */
export function openDocument(
  text: string,
  language: Language,
): { document: ConfigurationDocument; findings: Finding[] } {
  const toRange = makeRanges(text);
  if (text.length > MAX_TEXT_LENGTH)
    return toUnread(text, language, toRange, {
      message: TOO_LARGE,
      why: "Configurations of people have some kilobytes.",
      range: toRange(0, 0),
    });
  try {
    const parsed = parse(text, language);
    const { root, comments, trailingCommas } = parsed;
    const locate = (path: Path, withKey: boolean) => {
      const found = findNode(root, path);
      return found && toRange(withKey ? found.start : found.node.start, found.node.end);
    };
    const repeated = parsed.repeated.slice(0, MAX_SYNTAX_FINDINGS).map(({ key, start, node }) =>
      toFinding({
        severity: "medium",
        message: `“${key}” is there twice.`,
        why: "Clients use the last one only, or refuse the file.",
        range: toRange(start, node.end),
      }),
    );
    return {
      document: {
        language,
        text,
        root,
        value: toPlain(root),
        comments,
        trailingCommas,
        locate: (path) => locate(path, true),
        locateValue: (path) => locate(path, false),
        toRange,
      },
      findings: [...listMarkFindings(text, toRange), ...repeated],
    };
  } catch (error) {
    const problem = toProblem(error);
    const { message, offset } = problem;
    const isExcess = problem instanceof ExcessProblem;
    return toUnread(text, language, toRange, {
      message: isExcess
        ? `Nothing of this ${LABELS[language]} was read: ${message}.`
        : `This is not valid ${LABELS[language]}: ${message}.`,
      why: isExcess
        ? "Configurations of people have some kilobytes."
        : "The client reads no server of a file that it cannot read.",
      range: toRange(offset, offset + 1),
    });
  }
}

/** A text that cannot be read, with the finding that says why. */
function toUnread(
  text: string,
  language: Language,
  toRange: ConfigurationDocument["toRange"],
  finding: Pick<Finding, "message" | "why" | "range">,
): { document: ConfigurationDocument; findings: Finding[] } {
  const none = () => null;
  const document: ConfigurationDocument = {
    language,
    text,
    root: null,
    value: {},
    comments: [],
    trailingCommas: [],
    locate: none,
    locateValue: none,
    toRange,
  };
  return { document, findings: [toFinding({ severity: "high", ...finding })] };
}

function parse(text: string, language: Language): Parsed {
  checkSize(text, language);
  // The same length, so that offsets stay.
  const body = text.startsWith(BYTE_ORDER_MARK) ? ` ${text.slice(1)}` : text;
  if (language === "json" && body.trim() === "") return PARSERS.yaml("");
  // A blank before a block of YAML would indent its first line.
  return language === "yaml" && body !== text
    ? shift(PARSERS.yaml(text.slice(1)))
    : PARSERS[language](body);
}

/** The same with all offsets behind a byte order mark. */
function shift(parsed: Parsed): Parsed {
  const seen = new Set<object>();
  const move = (node: DocumentNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    node.start++;
    node.end++;
    if (node.kind === "list") for (const item of node.items) move(item);
    if (node.kind === "map")
      for (const member of node.members) {
        if (!seen.has(member)) member.start++;
        seen.add(member);
        move(member.node);
      }
  };
  move(parsed.root);
  return parsed;
}

function toProblem(error: unknown): SyntaxProblem {
  if (error instanceof SyntaxProblem) return error;
  // The parsers call themselves for each level. A stack that is used up is theirs, and the text's fault.
  if (error instanceof RangeError) return new ExcessProblem(describeDepth(), 0);
  throw error;
}

function listMarkFindings(text: string, toRange: ConfigurationDocument["toRange"]): Finding[] {
  if (!text.startsWith(BYTE_ORDER_MARK)) return [];
  return [
    toFinding({
      severity: "medium",
      message: "The file begins with a byte order mark.",
      why: "Several clients refuse such a file. Editors of Windows save it as “UTF-8 with BOM”.",
      range: toRange(0, 1),
      fix: {
        title: "Remove the mark",
        edits: [],
        textEdits: [{ offset: 0, length: 1, text: "" }],
      },
    }),
  ];
}

function toFinding(
  finding: Pick<Finding, "severity" | "message" | "why" | "range"> & Partial<Finding>,
): Finding {
  return { rule: "FMT-00", server: null, path: [], fix: null, ...finding };
}
