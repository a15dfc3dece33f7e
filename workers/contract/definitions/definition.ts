import { z } from "zod";
import { SEVERITIES } from "../severity.ts";

/** What a server shows to clients, by kind. `instructions`: the text of its handshake. */
export type DefinitionKind = "tool" | "prompt" | "resource" | "template" | "instructions" | "skill";

/**
 * One definition of a server. `key`: its name, URI or URI template as the server writes it; empty for instructions. `json`:
 * the definition as JSON; of instructions, the text as a JSON string; of a skill, its entry of `skills/list` (SEP-2640:
 * `uri`, `frontmatter`, `resources` with `digest` and `size`) and, where it is known, `text`, the content of its `SKILL.md`.
 */
export interface Definition {
  kind: DefinitionKind;
  key: string;
  json: string;
}

/** What a difference of two definitions is, in the order of lists within one severity. */
export const DIFFERENCE_RULES = [
  "hint-flipped",
  "hidden-characters",
  "order-to-model",
  "encoded-text",
  "other-server",
  "name-look-alike",
  "argument-required",
  "argument-type",
  "argument-widened",
  "argument-narrowed",
  "argument-removed",
  "argument-added",
  "argument-rule",
  "new-host",
  "ui",
  "file-added",
  "file-changed",
  "file-removed",
  "definition-added",
  "definition-removed",
  "unreadable",
  "address",
  "content-type",
  "default",
  "description",
  "output-schema",
  "annotations",
  "title",
  "icons",
  "meta",
  "member",
  "form",
] as const;
/** One of them. */
export type DifferenceRule = (typeof DIFFERENCE_RULES)[number];

/** A piece of a text and its fate. All `same` and `removed` ones are the text before; all others the text after. */
export const TextSegment = z
  .object({ text: z.string(), kind: z.enum(["same", "added", "removed"]) })
  .meta({ id: "DefinitionTextSegment" });
export type TextSegment = z.infer<typeof TextSegment>;

/** One difference between two definitions, and what it means. */
export const Difference = z
  .object({
    rule: z.enum(DIFFERENCE_RULES),
    severity: z.enum(SEVERITIES),
    /** JSON Pointer (RFC 6901) into the definition; empty: it is about the whole. */
    path: z.string(),
    /** One sentence. Names in it are short, and hidden characters in them are written as `\u{200b}`. */
    message: z.string(),
    /** The value as text or JSON, cut after 2,000 characters; null: there is none. It can have hidden characters. */
    before: z.string().nullable(),
    after: z.string().nullable(),
    /** Of a text that has changed, word by word; otherwise empty. */
    segments: z.array(TextSegment),
  })
  .meta({ id: "DefinitionDifference" });
export type Difference = z.infer<typeof Difference>;

/** How two definitions differ. `same`: in their form at most, and their digests are equal. */
export interface DefinitionChange {
  change: "added" | "changed" | "removed" | "same";
  /** Of the worst difference; null: there is none. */
  severity: Difference["severity"] | null;
  /** The worst first. Empty exactly if `change` is `same`. */
  differences: Difference[];
  /** Whether every call that fits the definition before fits the one after. */
  isCompatible: boolean;
}

/** What is known besides the two definitions. */
export interface ComparisonContext {
  /** Names of the tools of the workspace’s other servers. */
  otherTools?: readonly string[];
}
