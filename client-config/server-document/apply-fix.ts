import { applyEdits, modify } from "jsonc-parser";
import type { Fix } from "../finding.ts";

const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** The text of a JSON file after all changes of a fix. The rest of the text does not change. */
export function applyJsonFix(text: string, { edits }: Fix): string {
  return edits.reduce(
    (changed, { path, value }) =>
      path.length === 0
        ? `${JSON.stringify(value, null, 2)}\n`
        : applyEdits(changed, modify(changed, [...path], value, FORMAT)),
    text,
  );
}
