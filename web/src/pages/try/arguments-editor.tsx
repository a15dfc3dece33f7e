import { useId } from "react";
import { Notice } from "../../ui/notice.tsx";
import { FormBoundary } from "./form-boundary.tsx";
import type { FormSchema } from "./form-schema.ts";
import type { FieldError } from "./schema-validator.ts";
import type { ParsedArguments } from "./tool-arguments.ts";
import { useFormLibrary } from "./use-form-library.ts";

const LONG_NUMBER = "The form cannot show these arguments: it would round a long number.";
const USE_JSON = "Write the arguments as JSON.";

interface Props {
  form: FormSchema;
  /** The arguments as JSON, and what they mean. */
  text: string;
  parsed: ParsedArguments;
  /** The last arguments that were a JSON object: what the form shows. */
  data: Record<string, unknown>;
  /** Another number: the form begins anew. */
  revision: number;
  errors: FieldError[];
  isBusy: boolean;
  onTextChange: (text: string) => void;
  onDataChange: (data: Record<string, unknown>) => void;
  onSubmit: () => void;
}

/** The arguments of a call, as a form and as JSON. Both show the same, and a change of one changes the other. */
export function ArgumentsEditor(props: Props) {
  const { form, data, revision, errors, isBusy, onDataChange, onSubmit } = props;
  const { ToolForm, hasLongNumber } = useFormLibrary();
  const unshowable = !form.ok ? form.reason : hasLongNumber(data) ? LONG_NUMBER : null;
  return (
    <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <div className="min-w-0">
        {unshowable !== null || !form.ok ? (
          <JsonOnly reason={unshowable ?? ""} />
        ) : hasNoFields(form.schema) ? (
          <p className="text-dim">This tool needs no arguments.</p>
        ) : (
          <FormBoundary key={revision} advice={USE_JSON}>
            <ToolForm
              id="arguments"
              schema={form.schema}
              data={data}
              isBusy={isBusy}
              errors={errors}
              onChange={onDataChange}
              onSubmit={onSubmit}
            />
          </FormBoundary>
        )}
      </div>
      <JsonSide {...props} />
    </div>
  );
}

function JsonOnly({ reason }: { reason: string }) {
  return <Notice tone="info">{`${reason} ${USE_JSON}`}</Notice>;
}

function JsonSide({ text, parsed, errors, isBusy, onTextChange }: Props) {
  const id = useId();
  const problems = parsed.ok ? errors.map(describeProblem) : [parsed.problem];
  return (
    <div className="flex min-w-0 flex-col gap-1.5 self-start xl:sticky xl:top-4">
      <label htmlFor={id} className="text-xs font-medium">
        Arguments as JSON
      </label>
      <textarea
        id={id}
        value={text}
        disabled={isBusy}
        spellCheck={false}
        rows={Math.min(Math.max(text.split("\n", 24).length, 6), 24)}
        aria-invalid={problems.length > 0}
        aria-describedby={`${id}-problems`}
        onChange={(event) => onTextChange(event.currentTarget.value)}
        className="input resize-y font-mono text-xs! leading-5"
      />
      <ul
        id={`${id}-problems`}
        aria-live="polite"
        className="flex flex-col gap-0.5 text-xs text-bad"
      >
        {problems.slice(0, 20).map((problem) => (
          <li key={problem} className="wrap-anywhere">
            {problem}
          </li>
        ))}
      </ul>
    </div>
  );
}

function describeProblem({ path, message }: FieldError): string {
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

/** Whether a form of this schema would be empty. */
function hasNoFields(schema: Record<string, unknown>): boolean {
  const { properties } = schema;
  const hasProperties = typeof properties === "object" && Object.keys(properties ?? {}).length > 0;
  return !hasProperties && Object.keys(schema).every((key) => EMPTY_KEYWORDS.has(key));
}

const EMPTY_KEYWORDS = new Set(["type", "properties", "required", "additionalProperties"]);
