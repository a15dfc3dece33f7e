import { useMemo, useState } from "react";
import { useFormLibrary } from "./use-form-library.ts";

const NO_SCHEMA = { type: "object" };

/**
 * The arguments of a call: the JSON text, which is what a call sends, and the values that the form shows. `repeated`: the
 * text to begin with.
 */
export function useArguments(
  inputSchema: Record<string, unknown> | null,
  repeated: string | undefined,
) {
  const library = useFormLibrary();
  const { findFieldErrors, formatArguments, parseArguments, toFormSchema } = library;
  const form = useMemo(() => toFormSchema(inputSchema), [inputSchema, toFormSchema]);
  const [state, setState] = useState(() => {
    const past = repeated === undefined ? undefined : parseArguments(repeated);
    const data = past?.ok ? past.value : library.makeInitialArguments(form);
    return { text: formatArguments(data), data, revision: 0 };
  });
  const [isChecked, setIsChecked] = useState(false);
  const { text, data, revision } = state;
  const parsed = useMemo(() => parseArguments(text), [text, parseArguments]);
  const errors = useMemo(
    () =>
      isChecked && parsed.ok ? (findFieldErrors(inputSchema ?? NO_SCHEMA, parsed.value) ?? []) : [],
    [isChecked, parsed, inputSchema, findFieldErrors],
  );
  return {
    form,
    text,
    data,
    /** Grows with each change of the JSON side: the form then begins anew, because it keeps names of properties. */
    revision,
    parsed,
    errors,
    setText: (next: string) => {
      const result = parseArguments(next);
      setState(
        result.ok
          ? { text: next, data: result.value, revision: revision + 1 }
          : { text: next, data, revision },
      );
    },
    setData: (next: Record<string, unknown>) =>
      setState({ text: formatArguments(next), data: next, revision }),
    /** Whether the arguments fit the schema, as far as it can be checked here. From then on, errors are shown. */
    check: () => {
      setIsChecked(true);
      return (
        parsed.ok && (findFieldErrors(inputSchema ?? NO_SCHEMA, parsed.value) ?? []).length === 0
      );
    },
  };
}
