import { Badge, type Tone } from "./page.tsx";

type Annotations = Record<string, unknown> | null;

/** Badges of a tool's annotations (MCP specification, "Tools"). They are hints of the server; nothing is enforced. */
export function AnnotationBadges({ annotations }: { annotations: Annotations }) {
  return listHints(annotations).map(({ tone, text }) => (
    <Badge key={text} tone={tone}>
      {text}
    </Badge>
  ));
}

function listHints(annotations: Annotations): { tone: Tone; text: string }[] {
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations ?? {};
  return [
    readOnlyHint === true && { tone: "ok" as const, text: "Read-only" },
    readOnlyHint !== true &&
      destructiveHint === true && { tone: "bad" as const, text: "Destructive" },
    idempotentHint === true && { tone: "neutral" as const, text: "Idempotent" },
    openWorldHint === true && { tone: "neutral" as const, text: "Open world" },
  ].filter((badge) => badge !== false);
}
