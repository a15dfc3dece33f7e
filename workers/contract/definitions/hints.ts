import type { Severity } from "../severity.ts";
import type { Draft } from "./draft.ts";
import { getOwn } from "./json-value.ts";

/** A hint of a tool (MCP, `ToolAnnotations`). */
interface Hint {
  name: string;
  /** What an absent hint means. */
  default: boolean;
  /** What it means when the hint becomes `true` or `false`. */
  becomes: Record<"true" | "false", { severity: Severity; message: string }>;
}

const HINTS: readonly Hint[] = [
  {
    name: "readOnlyHint",
    default: false,
    becomes: {
      true: {
        severity: "high",
        message: "The tool says now that it only reads: clients can call it without asking.",
      },
      false: {
        severity: "critical",
        message: "The tool does not say any more that it only reads.",
      },
    },
  },
  {
    name: "destructiveHint",
    default: true,
    becomes: {
      true: { severity: "critical", message: "The tool says now that it can delete or overwrite." },
      false: {
        severity: "high",
        message: "The tool says now that it deletes nothing: clients can call it without asking.",
      },
    },
  },
  {
    name: "idempotentHint",
    default: false,
    becomes: {
      true: {
        severity: "medium",
        message: "The tool says now that a second call changes nothing: clients can repeat calls.",
      },
      false: {
        severity: "medium",
        message: "The tool does not say any more that a second call changes nothing.",
      },
    },
  },
  {
    name: "openWorldHint",
    default: true,
    becomes: {
      true: { severity: "high", message: "The tool says now that it reaches systems outside." },
      false: {
        severity: "high",
        message: "The tool says now that it reaches nothing outside its own system.",
      },
    },
  },
];

/** A first statement is weighed less than one that turns round. */
const FIRST: Partial<Record<Severity, Severity>> = { high: "medium", medium: "low" };

/** Names of the hints, which the comparison of annotations leaves out. */
export const HINT_NAMES: ReadonlySet<string> = new Set(HINTS.map(({ name }) => name));

/** Hints that have another meaning, and hints that are only written down or left out now. */
export function compareHints(before: unknown, after: unknown): Draft[] {
  const [old, current] = [getOwn(before, "annotations"), getOwn(after, "annotations")];
  return HINTS.flatMap((hint): Draft[] => {
    const [was, is] = [getOwn(old, hint.name), getOwn(current, hint.name)];
    if (was === is) return [];
    const [meant, means] = [was, is].map((value) =>
      typeof value === "boolean" ? value : hint.default,
    );
    const common = {
      path: `/annotations/${hint.name}`,
      before: was,
      after: is,
    };
    // Destructive and idempotent mean nothing for a tool that only reads, unless it says both from now on.
    const isContradiction =
      hint.name === "destructiveHint" && is === true && getOwn(old, "readOnlyHint") !== true;
    const isMoot =
      /^(?:destructive|idempotent)/.test(hint.name) &&
      !isContradiction &&
      [old, current].some((annotations) => getOwn(annotations, "readOnlyHint") === true);
    if (meant === means || isMoot)
      return [
        {
          ...common,
          rule: "annotations",
          severity: isMoot ? "low" : "info",
          message: `The hint “${hint.name}” is ${is === undefined ? "left out" : "written"} now${isMoot ? ". It has no meaning for a tool that only reads" : ", and means the same"}.`,
        },
      ];
    const { severity, message } = hint.becomes[means === true ? "true" : "false"];
    return [
      {
        ...common,
        rule: "hint-flipped",
        severity: was === undefined ? (FIRST[severity] ?? severity) : severity,
        message,
      },
    ];
  });
}
