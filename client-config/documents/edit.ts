import { isEqual } from "../../workers/contract/definitions/json-value.ts";
import type { Edit, Fix } from "../finding.ts";
import type { Path } from "../model.ts";
import { openDocument, type ConfigurationDocument } from "./document.ts";
import { insertJson, removeJson, replaceJson } from "./edit-json.ts";
import { insertToml, removeToml, replaceToml } from "./edit-toml.ts";
import { insertYaml, removeYaml, replaceYaml } from "./edit-yaml.ts";
import type { Language } from "./node.ts";
import { findNode, type DocumentNode } from "./node.ts";
import { setValue, type Target } from "./target.ts";

/** How a language's text is changed. Each changes as little of the text as it can. */
interface Editor {
  replace: (target: Target, value: unknown) => string;
  insert: (target: Target, value: unknown) => string;
  remove: (target: Target) => string;
}

const EDITORS: Record<Language, Editor> = {
  json: { replace: replaceJson, insert: insertJson, remove: removeJson },
  toml: { replace: replaceToml, insert: insertToml, remove: removeToml },
  yaml: { replace: replaceYaml, insert: insertYaml, remove: removeYaml },
};

/**
 * The text with the edits, one after the other; comments and the form of all else stay. Null: the text cannot be read, or is
 * written in a way in which the change would change more.
 */
export function applyEdits(document: ConfigurationDocument, edits: readonly Edit[]): string | null {
  let { text } = document;
  for (const edit of edits) {
    const edited = applyEdit(text, document.language, edit);
    if (edited === null) return null;
    text = edited;
  }
  return text;
}

/** The text with a finding's fix; null: as `applyEdits`. */
export function applyFix(
  document: ConfigurationDocument,
  { edits, textEdits = [] }: Fix,
): string | null {
  // A file can have a comment on each line: each is cut out once, and not the whole text for each.
  const parts: string[] = [];
  let from = 0;
  for (const edit of textEdits.toSorted((a, b) => a.offset - b.offset)) {
    parts.push(document.text.slice(from, edit.offset), edit.text);
    from = edit.offset + edit.length;
  }
  const text = parts.join("") + document.text.slice(from);
  return applyEdits({ ...document, text }, edits);
}

function applyEdit(text: string, language: Language, { path, value }: Edit): string | null {
  const { document } = openDocument(text, language);
  const { root } = document;
  const key = path.at(-1);
  if (!root || key === undefined) return null;
  const { holderPath, rest } = findHolder(root, path);
  const holder = findNode(root, holderPath)?.node;
  const expected = setValue(document.value, path, value);
  if (JSON.stringify(expected) === JSON.stringify(document.value)) return text;
  if (!holder || holder.kind === "scalar") return null;
  const [step = key, ...inner] = rest;
  const target: Target = { text, root, holderPath, holder, key: step };
  const editor = EDITORS[language];
  // What is there above is no map: an empty value of YAML, for example.
  const isThere = findNode(holder, [step]) !== null;
  const edited =
    value === undefined
      ? editor.remove(target)
      : isThere
        ? editor.replace(target, wrap(inner, value))
        : editor.insert(target, wrap(inner, value));
  const after = openDocument(edited, language).document;
  return after.root && isEqual(after.value, expected) ? edited : null;
}

/** The deepest map or list above a path, and the steps below it. */
function findHolder(root: DocumentNode, path: Path): { holderPath: Path; rest: Path } {
  let count = path.length - 1;
  for (; count > 0; count--) {
    const node = findNode(root, path.slice(0, count))?.node;
    if (node && node.kind !== "scalar") break;
  }
  return { holderPath: path.slice(0, count), rest: path.slice(count) };
}

/** A value below the maps that are missing above it. */
function wrap(steps: Path, value: unknown): unknown {
  return steps.reduceRight((inner: unknown, step) => Object.fromEntries([[step, inner]]), value);
}
