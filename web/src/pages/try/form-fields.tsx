import {
  ariaDescribedByIds,
  type FieldProps,
  type MultiSchemaFieldTemplateProps,
} from "@rjsf/utils";
import { isValidElement, useEffect, useState } from "react";
import { hasLongNumber, isLongNumber, parseExactly, toExactNumber } from "./exact-json.ts";

type Data = Record<string, unknown>;

/** A cast, because the library gives the value of each field the type of the whole form's data. */
const toFieldData = (value: unknown) => value as Data;

/** A value that the schema does not describe further, as JSON. */
export function JsonField(props: FieldProps<Data>) {
  const { fieldPathId, disabled, onChange } = props;
  const formData: unknown = props.formData;
  const [text, setText] = useState<string>();
  const current = formData === undefined ? "" : JSON.stringify(formData);
  const typed = text === undefined ? undefined : tryParse(text);
  // The own text stays as long as it means the form's value: it can have spaces.
  const shown = text !== undefined && (!typed || typed.json === current) ? text : current;
  const id = fieldPathId.$id;
  return (
    <div className="flex flex-col gap-1.5">
      <textarea
        id={id}
        rows={2}
        placeholder="JSON"
        className="form-control h-auto! font-mono text-xs!"
        value={shown}
        disabled={disabled ?? false}
        spellCheck={false}
        aria-describedby={ariaDescribedByIds(id)}
        aria-invalid={!typed && text !== undefined && text !== ""}
        onChange={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          const parsed = tryParse(next);
          if (parsed) onChange(toFieldData(markLongNumbers(parsed.value)), fieldPathId.path);
        }}
      />
      {!typed && text !== undefined && (
        <p className="text-xs text-bad">This is not valid JSON. Put quotation marks around text.</p>
      )}
    </div>
  );
}

/** Parses a text; empty: no value. Undefined: it is not JSON. */
function tryParse(text: string): { value: unknown; json: string } | undefined {
  if (text.trim() === "") return { value: undefined, json: "" };
  try {
    const value = parseExactly(text);
    return { value, json: JSON.stringify(value) };
  } catch {
    // The person has not finished typing.
    return undefined;
  }
}

/** The form library copies values and would lose a number that keeps its digits: it is passed through as marked text. */
const LONG_NUMBER = "\u{10ffff}number ";

/** A value as a form can pass it through. */
function markLongNumbers(value: unknown): unknown {
  if (!hasLongNumber(value)) return value;
  if (isLongNumber(value)) return LONG_NUMBER + JSON.stringify(value);
  if (Array.isArray(value)) return value.map(markLongNumbers);
  const entries = Object.entries(value ?? {});
  return Object.fromEntries(entries.map(([name, member]) => [name, markLongNumbers(member)]));
}

/** Puts numbers with all of their digits in the place of the texts with which a form passes them through. */
export function readLongNumbers(data: Data): Data {
  const text = JSON.stringify(data);
  if (!text.includes(LONG_NUMBER)) return data;
  const marked = new RegExp(`"${LONG_NUMBER}([^"]+)"`, "gu");
  // A cast: the text is that of an object.
  return parseExactly(text.replaceAll(marked, "$1")) as Data;
}

/** A number. A number with more digits than JavaScript keeps is passed on with all of them. */
export function ExactNumberField(props: FieldProps<Data>) {
  const { registry, onChange } = props;
  const formData: unknown = props.formData;
  const [text, setText] = useState<string>();
  const { StringField } = registry.fields;
  if (!StringField) throw new Error("the form library has no StringField");
  // The own text stays as long as it means the form's value, so that "1." can become "1.5".
  const isOwn = text !== undefined && text !== "" && Number(text) === formData;
  return (
    <StringField
      {...props}
      formData={toFieldData(isOwn ? text : formData)}
      onChange={(value: unknown, path, errorSchema, id) => {
        // A select passes on the number itself.
        if (typeof value !== "string") return onChange(toFieldData(value), path, errorSchema, id);
        setText(value);
        const number = Number(value);
        const isNumber = value.trim() !== "" && !Number.isNaN(number);
        const isLong = isNumber && typeof toExactNumber(number, value) !== "number";
        const next = isLong ? LONG_NUMBER + value : isNumber ? number : undefined;
        onChange(toFieldData(next), path, errorSchema, id);
      }}
    />
  );
}

/**
 * A value that can only be null. As an alternative that the person has chosen, and as a required argument, it is set; an
 * optional argument stays left out.
 */
export function NullField({ formData, schema, required, fieldPathId, onChange }: FieldProps<Data>) {
  const mustSet = formData === undefined && (required === true || isNullAlternative(schema));
  useEffect(() => {
    if (mustSet) onChange(toFieldData(null), fieldPathId.path);
  }, [mustSet, onChange, fieldPathId]);
  return null;
}

/** Whether a schema is the alternative null, as `toFormSchema` writes it. */
function isNullAlternative(schema: unknown): boolean {
  const { type } = toFieldData(schema);
  return Array.isArray(type) && type.length === 1 && type[0] === "null";
}

/** The choice between alternatives (`oneOf`, `anyOf`), above the fields of the chosen one. */
export function AlternativesTemplate(props: MultiSchemaFieldTemplateProps) {
  const { selector, optionSchemaField, schema } = props;
  const isNull =
    isValidElement<{ schema: unknown }>(optionSchemaField) &&
    isNullAlternative(optionSchemaField.props.schema);
  return (
    <div className="flex flex-col gap-3">
      <label className="flex flex-col gap-1.5">
        <span>{schema.title === undefined ? "Alternative" : `Alternative: ${schema.title}`}</span>
        {selector}
      </label>
      {/* Null has no fields: the choice says all. */}
      <div className={isNull ? "hidden" : undefined}>{optionSchemaField}</div>
    </div>
  );
}
