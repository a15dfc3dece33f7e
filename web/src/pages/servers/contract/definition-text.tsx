import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";

/** A definition as JSON on lines, folded, with hidden characters written out. */
export function DefinitionText({ title, json }: { title: string; json: string }) {
  return (
    <details>
      <summary className="w-fit text-xs text-dim hover:text-ink">{title}</summary>
      <pre
        tabIndex={0}
        role="region"
        aria-label={title}
        className="mt-1 max-h-72 overflow-auto rounded-md bg-soft p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
      >
        {escapeHidden(toLines(json))}
      </pre>
    </details>
  );
}

function toLines(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : JSON.stringify(value, null, 2);
  } catch {
    // Shown as it came.
    return json;
  }
}
