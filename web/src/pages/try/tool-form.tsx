// The package's main entry also imports its test registry, and with it Ajv.
import Form, { type IChangeEvent } from "@rjsf/core/lib/components/Form.js";
import type { ErrorSchema, IconButtonProps, RJSFSchema } from "@rjsf/utils";
import { ArrowDown, ArrowUp, Copy, Plus, X } from "lucide-react";
import { Button, IconButton } from "../../ui/button.tsx";
import {
  AlternativesTemplate,
  ExactNumberField,
  JsonField,
  NullField,
  readLongNumbers,
} from "./form-fields.tsx";
import { schemaValidator, type FieldError } from "./schema-validator.ts";

type Data = Record<string, unknown>;

interface Props {
  id: string;
  schema: RJSFSchema;
  data: Data;
  isBusy: boolean;
  /** Shown at their fields. */
  errors: FieldError[];
  onChange: (data: Data) => void;
  onSubmit: () => void;
}

/** A form generated from a schema. It shows `data` and changes nothing by itself; a button outside submits it by its id. */
export function ToolForm({ id, schema, data, isBusy, errors, onChange, onSubmit }: Props) {
  return (
    <Form
      id={id}
      className="tool-form"
      schema={schema}
      formData={data}
      validator={schemaValidator}
      disabled={isBusy}
      showErrorList={false}
      noHtml5Validate
      noValidate
      extraErrors={toErrorSchema(errors)}
      experimental_defaultFormStateBehavior={DEFAULTS}
      fields={FIELDS}
      templates={TEMPLATES}
      onChange={({ formData }: IChangeEvent<Data>) => onChange(readLongNumbers(formData ?? {}))}
      // The form displays errors; without this handler the library also logs them.
      onError={() => {}}
      onSubmit={onSubmit}
    >
      {/* The library shows a button of its own without children. */}
      <></>
    </Form>
  );
}

/** The JSON side decides: a default that is removed there does not come back, unless the field is required. */
const DEFAULTS = {
  emptyObjectFields: "populateRequiredDefaults",
  constAsDefaults: "never",
  arrayMinItems: { populate: "requiredOnly" },
} as const;

function toErrorSchema(errors: FieldError[]): ErrorSchema<Data> {
  const root: ErrorNode = {};
  for (const { path, message } of errors) {
    let node = root;
    for (const part of path) node = node[part] ??= {};
    // `__errors` is the library's key for the messages of a node.
    (node as { __errors?: string[] }).__errors ??= [];
    (node as { __errors?: string[] }).__errors?.push(message);
  }
  return root;
}

interface ErrorNode {
  [name: string]: ErrorNode;
}

function makeIconButton(label: string, Icon: typeof Plus) {
  return function ActionButton({ onClick, disabled }: IconButtonProps) {
    return (
      <IconButton label={label} onClick={onClick} disabled={disabled}>
        <Icon className="size-4" aria-hidden />
      </IconButton>
    );
  };
}

function AddButton({ onClick, disabled }: IconButtonProps) {
  return (
    <Button size="sm" className="self-start" onClick={onClick} disabled={disabled}>
      <Plus className="size-3.5" aria-hidden />
      Add
    </Button>
  );
}

const FIELDS = { FallbackField: JsonField, NullField, NumberField: ExactNumberField };

const TEMPLATES = {
  MultiSchemaFieldTemplate: AlternativesTemplate,
  ButtonTemplates: {
    AddButton,
    RemoveButton: makeIconButton("Remove", X),
    MoveUpButton: makeIconButton("Move up", ArrowUp),
    MoveDownButton: makeIconButton("Move down", ArrowDown),
    CopyButton: makeIconButton("Copy", Copy),
    ClearButton: makeIconButton("Clear", X),
  },
};
