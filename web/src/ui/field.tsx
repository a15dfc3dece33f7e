import { Field as BaseField } from "@base-ui/react/field";
import type { ComponentProps, KeyboardEvent, ReactNode } from "react";
import { classNames } from "./class-names.ts";

interface FieldProps {
  label: string;
  /** Help text: expected input, or its effect. */
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  children: ReactNode;
}

/** A form control with label, hint and error, linked for screen readers. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  return (
    <BaseField.Root
      invalid={error !== undefined}
      className={classNames("flex min-w-0 flex-col gap-1.5", className)}
    >
      <BaseField.Label className="text-xs font-medium text-ink">{label}</BaseField.Label>
      {children}
      {hint !== undefined && error === undefined && (
        <BaseField.Description className="text-xs text-dim">{hint}</BaseField.Description>
      )}
      {error !== undefined && (
        <BaseField.Error match className="text-xs text-bad">
          {error}
        </BaseField.Error>
      )}
    </BaseField.Root>
  );
}

/** A text input inside a `Field`, or standalone with an `aria-label`. */
export function TextInput({
  className,
  ...rest
}: Omit<ComponentProps<"input">, "ref" | "defaultValue" | "value"> & { value: string }) {
  return <BaseField.Control className={classNames("input", className)} {...rest} />;
}

/**
 * A masked input that keeps line breaks, which keys in PEM form have. Enter submits the form, as in an input of one line,
 * until the value has a line break.
 */
export function SecretInput({
  className,
  ...rest
}: Omit<ComponentProps<"textarea">, "ref" | "defaultValue" | "value"> & { value: string }) {
  const submit = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.currentTarget.value.includes("\n")) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  };
  return (
    <BaseField.Control
      render={
        <textarea
          rows={1}
          {...rest}
          className={classNames("input input-secret", className)}
          onKeyDown={submit}
        />
      }
    />
  );
}
