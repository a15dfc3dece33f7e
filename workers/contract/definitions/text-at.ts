import { isObject, toPointer } from "./json-value.ts";

/** Most texts of a definition that are looked at. */
const MAX_TEXTS = 5000;

/** A text of a definition. */
export interface TextAt {
  text: string;
  path: string;
  /** Whether it is a name: of a member, an argument or the definition. */
  isName: boolean;
}

/** Every text of a value, names of members included. */
export function listTexts(value: unknown): TextAt[] {
  const texts: TextAt[] = [];
  const collect = (one: unknown, path: string): void => {
    if (texts.length >= MAX_TEXTS) return;
    if (typeof one === "string") texts.push({ text: one, path, isName: NAME.test(path) });
    else if (Array.isArray(one)) one.forEach((item, i) => collect(item, toPointer(path, i)));
    else if (isObject(one))
      for (const [name, member] of Object.entries(one)) {
        if (name === "$schema" && isDialect(member)) continue;
        const at = toPointer(path, name);
        texts.push({ text: name, path: at, isName: true });
        collect(member, at);
      }
  };
  collect(value, "");
  return texts;
}

/** Texts that are names of definitions or arguments. */
const NAME = /^\/(?:name|arguments\/\d+\/name)$|\/required\/\d+$|\/\$ref$/;

/** Whether a schema names a dialect of JSON Schema, which is no text and no address that something loads. */
function isDialect(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\/json-schema\.org\/[\w/#-]*$/.test(value);
}
