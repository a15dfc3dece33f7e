import { parseExactly } from "./exact-json.ts";

/** The arguments of a call, or why a text is not the JSON object that a call needs. */
export type ParsedArguments =
  | { ok: true; value: Record<string, unknown> }
  | { ok: false; problem: string };

/** Parses the text of the JSON side. Numbers keep their digits. */
export function parseArguments(text: string): ParsedArguments {
  try {
    const value = parseExactly(text.trim() === "" ? "{}" : text);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return { ok: false, problem: "The arguments must be a JSON object: { … }." };
    return { ok: true, value: { ...value } };
  } catch (error) {
    // Only the text can fail to parse here.
    const reason = error instanceof Error ? error.message : "";
    return { ok: false, problem: `This is not valid JSON: ${reason}` };
  }
}

/** Text of the JSON side. */
export function formatArguments(value: Record<string, unknown>): string {
  return JSON.stringify(value, null, 2);
}
