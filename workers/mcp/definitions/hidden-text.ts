import { hasHidden, listHidden, stripHidden } from "../../contract/text/hidden-characters.ts";
import { isJsonObject, type JsonObject } from "./exact-json.ts";
import { KEYWORD_KINDS } from "./keywords.ts";
import type { DefinitionKind } from "./repair-definition.ts";
import type { ReportChange } from "./report-change.ts";
import type { Path } from "./schema-walk.ts";

/** Most code points that a warning names for one place. */
const MAX_NAMED = 5;

/**
 * A definition without hidden characters, so that no client or model gets text that an admin does not see. In text they
 * are removed. What a call would have to repeat exactly cannot be changed, so it is left out: a property or argument with
 * such a name, a value of `enum`, `const`, `default` or `examples`. In a pattern they are written as escapes. The name of
 * a tool or prompt stays, because clients get the exposed name. `value` is an object of `parseExact`.
 */
export function cleanDefinition(
  value: JsonObject,
  kind: DefinitionKind,
  report: ReportChange,
): JsonObject {
  const cleaner = new Cleaner(report);
  const members = Object.entries(value).flatMap(([member, content]): [string, unknown][] => {
    if (member === "name" && (kind === "tools" || kind === "prompts")) {
      cleaner.reportName(content);
      return [[member, content]];
    }
    if (kind === "tools" && (member === "inputSchema" || member === "outputSchema"))
      return [[member, cleaner.cleanSchema(content, [member])]];
    if (kind === "prompts" && member === "arguments" && Array.isArray(content))
      return [[member, cleaner.cleanArguments(content, [member])]];
    return cleaner.cleanMember(member, content, []);
  });
  return Object.fromEntries(members);
}

/** A text or a JSON value without hidden characters. */
export function cleanText<T>(value: T, path: Path, report: ReportChange): T {
  // Only strings and members are left out or shortened, so the type stays as far as callers rely on it.
  return new Cleaner(report).clean(value, path) as T;
}

class Cleaner {
  readonly #report: ReportChange;

  constructor(report: ReportChange) {
    this.#report = report;
  }

  reportName(name: unknown): void {
    if (typeof name === "string" && hasHidden(name))
      this.#report(["name"], `${describeHidden(name)}: clients get another name`);
  }

  clean(value: unknown, path: Path): unknown {
    if (typeof value === "string") return this.#cleanString(value, path);
    if (Array.isArray(value)) return value.map((item, i) => this.clean(item, [...path, String(i)]));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, member]) => this.cleanMember(name, member, path)),
    );
  }

  cleanMember(name: string, value: unknown, path: Path): [string, unknown][] {
    if (hasHidden(name)) return this.#leaveOutName(name, path);
    return [[name, this.clean(value, [...path, name])]];
  }

  /** Arguments of a prompt. */
  cleanArguments(list: unknown[], path: Path): unknown[] {
    return list.flatMap((argument, i) => {
      const at = [...path, String(i)];
      const name = isJsonObject(argument) ? argument["name"] : undefined;
      if (typeof name === "string" && hasHidden(name)) return this.#leaveOutName(name, at);
      return [this.clean(argument, at)];
    });
  }

  cleanSchema(schema: unknown, path: Path): unknown {
    if (!isJsonObject(schema)) return this.clean(schema, path);
    const members = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
      if (hasHidden(keyword)) return this.#leaveOutName(keyword, path);
      const cleaned = this.#cleanKeyword(keyword, value, [...path, keyword]);
      return cleaned === undefined ? [] : [[keyword, cleaned]];
    });
    return Object.fromEntries(members);
  }

  #cleanKeyword(keyword: string, value: unknown, path: Path): unknown {
    if (keyword === "examples") return this.#cleanData(value, path);
    switch (KEYWORD_KINDS.get(keyword)) {
      case "schema":
      case "schema or boolean":
      case "schemas":
      case "items":
        return Array.isArray(value)
          ? value.map((item, i) => this.cleanSchema(item, [...path, String(i)]))
          : this.cleanSchema(value, path);
      case "map of schemas":
      case "dependencies":
      case "map of names":
        return this.#cleanMap(keyword, value, path);
      case "names":
      case "enum":
      case "data":
        return this.#cleanData(value, path);
      case "pattern":
        return typeof value === "string" ? this.#escapePattern(value, path) : value;
      default:
        return this.clean(value, path);
    }
  }

  #cleanMap(keyword: string, value: unknown, path: Path): unknown {
    if (!isJsonObject(value)) return this.clean(value, path);
    const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const at = [...path, name];
      if (keyword === "patternProperties")
        return [[this.#escapePattern(name, at), this.cleanSchema(member, at)]];
      if (hasHidden(name)) return this.#leaveOutName(name, path);
      const cleaned = Array.isArray(member)
        ? this.#cleanData(member, at)
        : this.cleanSchema(member, at);
      return cleaned === undefined ? [] : [[name, cleaned]];
    });
    return Object.fromEntries(members);
  }

  /** Data that a call repeats exactly; undefined: it is left out. */
  #cleanData(value: unknown, path: Path): unknown {
    const text = findHiddenText(value);
    if (text === null) return value;
    if (!Array.isArray(value)) {
      this.#report(path, `${describeHidden(text)}: it is removed`);
      return undefined;
    }
    const kept = value.filter((item) => findHiddenText(item) === null);
    this.#report(path, `has values with hidden characters: they are removed`);
    return kept.length > 0 ? kept : undefined;
  }

  #cleanString(text: string, path: Path): string {
    const visible = stripHidden(text);
    if (visible !== text) this.#report(path, `${describeHidden(text)}: they are removed`);
    return visible;
  }

  #escapePattern(pattern: string, path: Path): string {
    if (!hasHidden(pattern)) return pattern;
    this.#report(path, `${describeHidden(pattern)}: they are escaped`);
    return pattern.replaceAll(/\\?([\s\S])/gu, (token, char: string) =>
      hasHidden(char) ? toEscape(char) : token,
    );
  }

  #leaveOutName(name: string, path: Path): [] {
    this.#report(path, `has a member whose name ${describeHidden(name)}: the member is removed`);
    return [];
  }
}

/** A text within a JSON value that has hidden characters, member names included; null: none has. */
function findHiddenText(value: unknown): string | null {
  if (typeof value === "string") return hasHidden(value) ? value : null;
  if (Array.isArray(value)) return findFirst(value);
  return isJsonObject(value) ? findFirst(Object.entries(value).flat()) : null;
}

function findFirst(values: unknown[]): string | null {
  for (const value of values) {
    const found = findHiddenText(value);
    if (found !== null) return found;
  }
  return null;
}

/** "has hidden characters (U+200B, U+E0041)". */
export function describeHidden(text: string): string {
  const all = listHidden(text);
  const rest = all.length - MAX_NAMED;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return `has hidden characters (${all.slice(0, MAX_NAMED).join(", ")}${more})`;
}

/** The escape of a character in a regular expression. */
function toEscape(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
}
