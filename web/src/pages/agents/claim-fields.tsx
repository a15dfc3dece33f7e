import type { z } from "zod";
import type { TrustRulePreset } from "../../../../workers/contract/api/trust-rule-presets.ts";
import { Field, TextInput } from "../../ui/field.tsx";
import { HeaderRows, type HeaderRow } from "../servers/header-rows.tsx";

interface Props {
  /** The claims that are asked for by name. */
  known: TrustRulePreset["claims"];
  values: Record<string, string>;
  others: HeaderRow[];
  onValues: (values: Record<string, string>) => void;
  onOthers: (others: HeaderRow[]) => void;
  /** What is wrong with the claims. */
  issues: z.core.$ZodIssue[];
}

/** The claims of a trust rule: those of the preset with their explanations, and any others by name. */
export function ClaimFields({ known, values, others, onValues, onOthers, issues }: Props) {
  const missing = known.find(({ name, isRequired }) => isRequired && !values[name]?.trim());
  const toProblem = (name: string | undefined) => {
    const issue = issues.find(({ path }) => path[1] === name);
    return issue && `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`;
  };
  const toFieldProblem = (name: string) =>
    issues.length > 0 && name === missing?.name
      ? "Enter it: the issuer signs tokens for others, too."
      : toProblem(name);
  const other = issues.find(({ path: [, name] }) => !known.some((claim) => claim.name === name));
  const otherName = other?.path[1];
  return (
    <fieldset className="flex min-w-0 flex-col gap-4">
      <legend className="text-sm font-medium">Claims</legend>
      <p className="text-xs text-dim">
        What the token must say: exactly this value, or one that begins with the text before a * at
        the end.
      </p>
      {known.map(({ name, explanation, example, isRequired }) => (
        <Field
          key={name}
          label={isRequired ? name : `${name} (optional)`}
          hint={`${explanation}.`}
          error={toFieldProblem(name)}
        >
          <TextInput
            className="font-mono"
            value={values[name] ?? ""}
            placeholder={example}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onValues({ ...values, [name]: event.currentTarget.value })}
          />
        </Field>
      ))}
      <HeaderRows
        itemName="claim"
        rows={others}
        onChange={onOthers}
        namePlaceholder="claim"
        valuePlaceholder="value"
      />
      {other && !missing && (
        <p role="alert" className="text-xs text-bad">
          {toProblem(otherName === undefined ? undefined : String(otherName))}
        </p>
      )}
    </fieldset>
  );
}
