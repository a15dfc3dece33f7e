// The package's main entry also imports its test registry, and with it Ajv.
import Form, { type IChangeEvent } from "@rjsf/core/lib/components/Form.js";
import type { IconButtonProps, RJSFSchema } from "@rjsf/utils";
import { ArrowDown, ArrowUp, Copy, Play, Plus, X } from "lucide-react";
import { useMemo } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { schemaValidator } from "./schema-validator.ts";

interface Props {
  schema: Record<string, unknown> | null;
  data: Record<string, unknown>;
  isBusy: boolean;
  onChange: (data: Record<string, unknown>) => void;
  onSubmit: (data: Record<string, unknown>) => void;
}

/** A form generated from a tool's input schema. */
export function ToolForm({ schema, data, isBusy, onChange, onSubmit }: Props) {
  // A cast, because the library accepts any JSON Schema and ignores unknown keywords.
  const formSchema = useMemo(() => removeMetadata(schema) as RJSFSchema, [schema]);
  const toData = ({ formData }: IChangeEvent<Record<string, unknown>>) => formData ?? {};
  return (
    <Form
      className="tool-form"
      schema={formSchema}
      formData={data}
      validator={schemaValidator}
      disabled={isBusy}
      showErrorList={false}
      noHtml5Validate
      templates={TEMPLATES}
      onChange={(event) => onChange(toData(event))}
      focusOnFirstError
      // The form displays errors; without this handler the library also logs them.
      onError={() => {}}
      onSubmit={(event) => onSubmit(toData(event))}
    >
      <Button type="submit" variant="primary" className="self-start" isBusy={isBusy}>
        <Play className="size-3.5" aria-hidden />
        {isBusy ? "Calling…" : "Call tool"}
      </Button>
    </Form>
  );
}

/** Removes `$schema`, which the library does not need, and title and description, which the page already shows. */
function removeMetadata(schema: Props["schema"]): Record<string, unknown> {
  const { $schema: _dialect, title: _title, description: _description, ...rest } = schema ?? {};
  return { type: "object", ...rest };
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
    <Button size="sm" onClick={onClick} disabled={disabled}>
      <Plus className="size-3.5" aria-hidden />
      Add
    </Button>
  );
}

const TEMPLATES = {
  ButtonTemplates: {
    AddButton,
    RemoveButton: makeIconButton("Remove", X),
    MoveUpButton: makeIconButton("Move up", ArrowUp),
    MoveDownButton: makeIconButton("Move down", ArrowDown),
    CopyButton: makeIconButton("Copy", Copy),
    ClearButton: makeIconButton("Clear", X),
  },
};
