import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import {
  MAX_FORM_PARAMETERS,
  MAX_FORM_TOOLS,
  ParameterType,
  ServerForm,
} from "../../../../../workers/contract/workshop/generated-server.ts";
import { Button, IconButton } from "../../../ui/button.tsx";
import { LabelledCheckbox } from "../../../ui/checkbox.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { Select } from "../../../ui/select.tsx";

type Tool = ServerForm["tools"][number];
type Parameter = Tool["parameters"][number];

const TYPES = ParameterType.options.map((value) => ({
  value,
  label: value === "string[]" ? "list of strings" : value,
}));
const NEW_PARAMETER: Parameter = { name: "", type: "string", description: "", isRequired: true };
const NEW_TOOL: Tool = { name: "", description: "", parameters: [] };
const EMPTY: ServerForm = { name: "", description: "", tools: [NEW_TOOL] };

/** The problems of a form by the paths of its fields: `tools.0.name`. */
type Problems = Map<string, string>;

/** The form from which a template makes a server. Problems are shown after the first attempt to send it. */
export function ServerFormFields(props: { isBusy: boolean; onSubmit: (form: ServerForm) => void }) {
  const [form, setForm] = useState(EMPTY);
  const [isSent, setIsSent] = useState(false);
  const problems = isSent ? findProblems(form) : new Map<string, string>();
  const setTool = (index: number, tool: Tool) =>
    setForm({ ...form, tools: form.tools.map((one, at) => (at === index ? tool : one)) });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setIsSent(true);
        const parsed = ServerForm.safeParse(form);
        if (parsed.success) props.onSubmit(parsed.data);
      }}
    >
      <Section className="flex flex-col gap-4 p-4">
        <Text
          label="Name"
          value={form.name}
          placeholder="tram-departures"
          error={problems.get("name")}
          onChange={(name) => setForm({ ...form, name })}
        />
        <Text
          label="Description"
          value={form.description}
          placeholder="Looks up departures of trams."
          error={problems.get("description")}
          onChange={(description) => setForm({ ...form, description })}
        />
      </Section>
      {form.tools.map((tool, index) => (
        <ToolFields
          // The fields hold no state of their tool.
          key={index}
          tool={tool}
          path={`tools.${index}`}
          title={`Tool ${index + 1}`}
          problems={problems}
          onChange={(changed) => setTool(index, changed)}
          onRemove={
            form.tools.length === 1
              ? null
              : () => setForm({ ...form, tools: form.tools.filter((_, at) => at !== index) })
          }
        />
      ))}
      {problems.has("tools") && <p className="text-xs text-bad">{problems.get("tools")}</p>}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" isBusy={props.isBusy}>
          Make the server
        </Button>
        <Button
          disabled={form.tools.length >= MAX_FORM_TOOLS}
          onClick={() => setForm({ ...form, tools: [...form.tools, NEW_TOOL] })}
        >
          <Plus className="size-4" aria-hidden />
          Add a tool
        </Button>
      </div>
    </form>
  );
}

function ToolFields(props: {
  tool: Tool;
  path: string;
  title: string;
  problems: Problems;
  onChange: (tool: Tool) => void;
  onRemove: (() => void) | null;
}) {
  const { tool, path, title, problems, onChange, onRemove } = props;
  const { parameters } = tool;
  const setParameters = (changed: Parameter[]) => onChange({ ...tool, parameters: changed });
  return (
    <Section
      title={title}
      actions={
        onRemove && (
          <IconButton label={`Remove ${title}`} onClick={onRemove}>
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        )
      }
    >
      <div className="flex flex-col gap-4 p-4">
        <Text
          label="Name of the tool"
          value={tool.name}
          placeholder="list_departures"
          error={problems.get(`${path}.name`)}
          onChange={(name) => onChange({ ...tool, name })}
        />
        <Text
          label="What the tool does"
          value={tool.description}
          placeholder="Lists the next departures of a station."
          error={problems.get(`${path}.description`)}
          onChange={(description) => onChange({ ...tool, description })}
        />
        {parameters.map((parameter, index) => (
          <ParameterFields
            key={index}
            parameter={parameter}
            label={`Parameter ${index + 1} of ${title}`}
            path={`${path}.parameters.${index}`}
            problems={problems}
            onChange={(changed) =>
              setParameters(parameters.map((one, at) => (at === index ? changed : one)))
            }
            onRemove={() => setParameters(parameters.filter((_, at) => at !== index))}
          />
        ))}
        {problems.has(`${path}.parameters`) && (
          <p className="text-xs text-bad">{problems.get(`${path}.parameters`)}</p>
        )}
        <div>
          <Button
            size="sm"
            disabled={parameters.length >= MAX_FORM_PARAMETERS}
            onClick={() => setParameters([...parameters, NEW_PARAMETER])}
          >
            <Plus className="size-3.5" aria-hidden />
            Add a parameter
          </Button>
        </div>
      </div>
    </Section>
  );
}

function ParameterFields(props: {
  parameter: Parameter;
  label: string;
  path: string;
  problems: Problems;
  onChange: (parameter: Parameter) => void;
  onRemove: () => void;
}) {
  const { parameter, label, path, problems, onChange, onRemove } = props;
  return (
    <fieldset className="grid items-start gap-3 rounded-md border border-line p-3 sm:grid-cols-[1fr_9rem]">
      <legend className="sr-only">{label}</legend>
      <Text
        label="Parameter"
        value={parameter.name}
        placeholder="station"
        error={problems.get(`${path}.name`)}
        onChange={(name) => onChange({ ...parameter, name })}
      />
      <Field label="Type">
        <Select
          value={parameter.type}
          choices={TYPES}
          onChange={(type) => onChange({ ...parameter, type })}
        />
      </Field>
      <div className="sm:col-span-2">
        <Text
          label="Meaning"
          value={parameter.description}
          placeholder="Name of the station"
          error={problems.get(`${path}.description`)}
          onChange={(description) => onChange({ ...parameter, description })}
        />
      </div>
      <div className="flex items-center gap-2 text-xs sm:col-span-2">
        <LabelledCheckbox
          className="flex-1"
          isChecked={parameter.isRequired}
          onChange={(isRequired) => onChange({ ...parameter, isRequired })}
        >
          <span className="sr-only">{label} is required</span>
          <span aria-hidden>Required</span>
        </LabelledCheckbox>
        <IconButton label={`Remove ${label}`} onClick={onRemove}>
          <Trash2 className="size-4" aria-hidden />
        </IconButton>
      </div>
    </fieldset>
  );
}

function Text(props: {
  label: string;
  value: string;
  placeholder: string;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  const { label, value, placeholder, error, onChange } = props;
  return (
    <Field label={label} error={error}>
      <TextInput
        value={value}
        placeholder={placeholder}
        maxLength={500}
        spellCheck={false}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}

function findProblems(form: ServerForm): Problems {
  const issues = ServerForm.safeParse(form).error?.issues ?? [];
  const found: Problems = new Map();
  for (const { path, message } of issues) {
    const place = path.join(".");
    const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
    if (!found.has(place)) found.set(place, sentence);
  }
  return found;
}
