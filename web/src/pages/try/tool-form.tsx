// The package's own entry brings its test registry along, and with that Ajv.
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

/** A form made from a tool's input schema. */
export function ToolForm({ schema, data, isBusy, onChange, onSubmit }: Props) {
  // The form library takes any JSON Schema; what it does not know it leaves alone.
  const given = useMemo(() => withoutDialect(schema) as RJSFSchema, [schema]);
  const take = ({ formData }: IChangeEvent<Record<string, unknown>>) => formData ?? {};
  return (
    <Form
      className="tool-form"
      schema={given}
      formData={data}
      validator={schemaValidator}
      disabled={isBusy}
      showErrorList={false}
      noHtml5Validate
      templates={TEMPLATES}
      onChange={(event) => onChange(take(event))}
      focusOnFirstError
      // The form shows them; without this they are logged as well.
      onError={() => {}}
      onSubmit={(event) => onSubmit(take(event))}
    >
      <Button type="submit" variant="primary" className="self-start" isBusy={isBusy}>
        <Play className="size-3.5" aria-hidden />
        {isBusy ? "Calling …" : "Call"}
      </Button>
    </Form>
  );
}

/** The dialect's address is not needed here; a title would repeat the tool's name. */
function withoutDialect(schema: Props["schema"]): Record<string, unknown> {
  const { $schema: _dialect, title: _title, description: _description, ...rest } = schema ?? {};
  return { type: "object", ...rest };
}

function toAction(label: string, Icon: typeof Plus) {
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
    RemoveButton: toAction("Remove", X),
    MoveUpButton: toAction("Move up", ArrowUp),
    MoveDownButton: toAction("Move down", ArrowDown),
    CopyButton: toAction("Copy", Copy),
    ClearButton: toAction("Clear", X),
  },
};
