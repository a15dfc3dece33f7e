import { Link } from "@tanstack/react-router";
import { useId } from "react";
import {
  escapeHidden,
  escapeLine,
} from "../../../../../workers/contract/text/hidden-characters.ts";
import { Checkbox, LabelledCheckbox } from "../../../ui/checkbox.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { Badge, type Tone } from "../../../ui/page.tsx";
import { VariableFields } from "../../hosting/variable-fields.tsx";
import { EntryFields } from "../../servers/entry-fields.tsx";
import { listFields, type ApplyItem, type Settings } from "./apply-item.ts";
import type { Outcome } from "./use-apply.ts";

const STATES: Record<Outcome["state"], { label: string; tone: Tone }> = {
  running: { label: "Being added", tone: "neutral" },
  added: { label: "Added", tone: "ok" },
  there: { label: "Already there", tone: "neutral" },
  "not-added": { label: "Not added", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
};

const WAYS = { add: "Remote server", host: "Hosted package", none: "Cannot be added" };

interface Props {
  item: ApplyItem;
  settings: Settings;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
  onChange: (change: Partial<Settings>) => void;
  /** Another server has a tool with the name of one of its tools. */
  isColliding: boolean;
  outcome: Outcome | undefined;
  /** The workspace that has it; null: it is not applied yet. */
  workspace: string | null;
}

/** A server of a plan: what is added, with which values, and what has become of it. */
export function ApplyRow(props: Props) {
  const { item, settings, isChosen, onChoose, outcome, workspace } = props;
  const { key, title, way } = item;
  const id = useId();
  return (
    <li aria-labelledby={id} className="flex flex-col gap-3 px-4 py-3.5">
      <div className="flex flex-wrap items-center gap-2">
        {way.kind !== "none" && (
          <Checkbox isChecked={isChosen} onChange={onChoose} label={`Add ${escapeLine(key)}`} />
        )}
        <h3 id={id} className="font-medium wrap-anywhere">
          <DisplayName name={title} />
        </h3>
        <Badge tone={way.kind === "none" ? "warn" : "neutral"}>{WAYS[way.kind]}</Badge>
        {outcome && <Badge tone={STATES[outcome.state].tone}>{STATES[outcome.state].label}</Badge>}
      </div>
      <Target item={item} />
      {item.notes.map((note) => (
        <p key={note} className="text-xs text-dim wrap-anywhere">
          {escapeHidden(note)}
        </p>
      ))}
      {isChosen && way.kind !== "none" && <Fields {...props} settings={settings} />}
      {outcome && (
        <p role="status" className="text-sm wrap-anywhere">
          {escapeHidden(outcome.text)}{" "}
          {outcome.slug !== null && workspace !== null && (
            <Link to="/w/$slug/servers" params={{ slug: workspace }} className="underline">
              {escapeLine(outcome.slug)}
            </Link>
          )}
        </p>
      )}
    </li>
  );
}

/** The address or the command in full. */
function Target({ item: { way } }: Pick<Props, "item">) {
  if (way.kind === "none")
    return <p className="text-sm text-dim wrap-anywhere">{escapeHidden(way.why)}</p>;
  const text = way.kind === "add" ? way.template.url : way.entry.command;
  return (
    <>
      <code className="font-mono text-xs wrap-anywhere">{escapeLine(text)}</code>
      {way.kind === "add" &&
        way.template.leftOut.map(({ name, reason }) => (
          <p key={`${name} ${reason}`} className="text-xs text-warn wrap-anywhere">
            The header {escapeLine(name)} is left out: {reason}
          </p>
        ))}
    </>
  );
}

function Fields({ item, settings, onChange, isColliding }: Props) {
  const { way, fromFile } = item;
  const { values } = settings;
  const setValue = (id: string, value: string) => onChange({ values: { ...values, [id]: value } });
  return (
    <div className="grid items-start gap-x-4 gap-y-3.5 sm:grid-cols-2">
      {way.kind === "add" && (
        <EntryFields fields={listFields(way.template)} values={values} onChange={setValue} />
      )}
      {way.kind === "host" && (
        <VariableFields entry={way.entry} values={values} onChange={setValue} />
      )}
      {Object.entries(fromFile).map(([id, secret]) => (
        <LabelledCheckbox
          key={id}
          className="text-sm sm:col-span-2"
          isChecked={values[id] === secret}
          onChange={(isUsed) => setValue(id, isUsed ? secret : "")}
        >
          Send the file’s value of {escapeLine(toLabel(id))}
        </LabelledCheckbox>
      ))}
      <Field
        label="Prefix of its tools"
        hint={
          isColliding
            ? "Another server has a tool of the same name. With a prefix, clients see both."
            : "Optional. Clients see the tools under their own names without one."
        }
      >
        <TextInput
          value={settings.prefix}
          spellCheck={false}
          maxLength={32}
          className="font-mono"
          onChange={(event) => onChange({ prefix: event.currentTarget.value })}
        />
      </Field>
    </div>
  );
}

/** `Authorization:value` is the header’s, `X-Key:region` is a part of one. */
function toLabel(id: string): string {
  return id.replace(/:value$/, "").replace(/^url:/, "");
}
