import { MAX_DEPTH, MAX_LINE_MARKS, MAX_LINES, MAX_MARKS, MAX_SLOW_LENGTH } from "../limits.ts";
import { describeDepth, ExcessProblem, type Language } from "./node.ts";

/**
 * Refuses what a parser would take too long for, in one pass over the text and before the parser begins. The parsers of
 * YAML and TOML take a time that grows with the square of some parts of a text, and call themselves for each level. Throws
 * an `ExcessProblem`.
 */
export function checkSize(text: string, language: Language): void {
  if (language === "json") return checkBrackets(text, JSON_PARTS);
  if (text.length > MAX_SLOW_LENGTH)
    throw new ExcessProblem(`it is larger than ${MAX_SLOW_LENGTH / 1024} KiB`, 0);
  if (language === "toml") checkToml(text);
  else checkYaml(text);
}

/**
 * Strings, comments and brackets. Every alternative also ends where its string or comment has no end: otherwise the time
 * would grow with the square of the text.
 */
const JSON_PARTS = /"(?:[^"\\\n]|\\[^])*"?|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|[[{]|[\]}]/g;
const YAML_PARTS = /"(?:[^"\\\n]|\\[^])*"?|'[^'\n]*'?|[[{]|[\]}]/g;
const TOML_PARTS =
  /"""(?:[^"\\]|\\[^]|"{1,2}(?!"))*(?:"{3,5}|$)|'''(?:[^']|'{1,2}(?!'))*(?:'{3,5}|$)|"(?:[^"\\\n]|\\[^])*"?|'[^'\n]*'?|#[^\n]*|[[{]|[\]}]|[.=\n]/g;

/** Brackets that are nested too deeply. Those in strings do not count. */
function checkBrackets(text: string, parts: RegExp): void {
  const count = makeDepthCounter();
  for (const { 0: part, index } of text.matchAll(parts)) count(part, index);
}

function makeDepthCounter(): (part: string, offset: number) => void {
  let depth = 0;
  return (part, offset) => {
    if (part === "[" || part === "{") depth++;
    else if (part === "]" || part === "}") depth = Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) throw new ExcessProblem(describeDepth(), offset);
  };
}

/** Counts lines, keys, and the steps of each key. */
function checkToml(text: string): void {
  const countDepth = makeDepthCounter();
  const countLine = makeCounter(MAX_LINES, "lines");
  const countKey = makeCounter(MAX_LINES, "keys");
  let steps = 0;
  for (const { 0: part, index } of text.matchAll(TOML_PARTS)) {
    countDepth(part, index);
    if (part === "\n") countLine(index);
    if (part === "=") countKey(index);
    if (part === ".") steps++;
    else if (!/^["']/.test(part)) steps = 0;
    if (steps > MAX_DEPTH) throw new ExcessProblem(describeDepth(), index);
  }
}

/** What begins or ends a map, a list, an anchor, an alias or a tag, also where it is part of a text. */
const YAML_MARK = /(?<![^\s[\]{},"'])[&*!]|[-?:](?=\s|$)|[[\]{}]/g;
const YAML_NAME = /[&*!]/;

/** Counts lines, levels of indentation, and marks: in the whole text and on one line. */
function checkYaml(text: string): void {
  checkBrackets(text, YAML_PARTS);
  const countLine = makeCounter(MAX_LINES, "lines");
  const countAll = makeCounter(MAX_LINES, "keys, items and brackets");
  const countName = makeCounter(MAX_MARKS, "anchors, aliases and tags");
  const levels: number[] = [];
  let offset = 0;
  for (const line of text.split(/(?<=\n)/)) {
    countLine(offset);
    const content = line.search(/[^ ]/);
    if (content >= 0 && line.trim() !== "") {
      while ((levels.at(-1) ?? -1) >= content) levels.pop();
      levels.push(content);
      if (levels.length > MAX_DEPTH + 1) throw new ExcessProblem(describeDepth(), offset);
    }
    const countMark = makeCounter(
      MAX_LINE_MARKS,
      "keys, items, brackets, anchors and tags on one line",
    );
    for (const { 0: mark, index } of line.matchAll(YAML_MARK)) {
      countMark(offset + index);
      countAll(offset + index);
      if (YAML_NAME.test(mark)) countName(offset + index);
    }
    offset += line.length;
  }
}

function makeCounter(max: number, name: string): (offset: number) => void {
  let count = 0;
  return (offset) => {
    count++;
    if (count > max) throw new ExcessProblem(`it has more than ${max} ${name}`, offset);
  };
}
