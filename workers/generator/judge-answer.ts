import type { z } from "zod";
import { hasHidden } from "../contract/text/hidden-characters.ts";
import { ModelAnswer, type GeneratedCheck } from "../contract/workshop/generated-server.ts";
import { INSTALL_COMMAND } from "../contract/workshop/server-project.ts";
import { SYSTEM_PROMPT } from "./system-prompt.ts";

/** Texts that address the model or the checks that read them, in place of saying what something does. */
const INSTRUCTIONS = [
  /\bignore\b[^.]{0,40}\b(previous|prior|above|earlier|all)\b[^.]{0,40}\b(instructions?|rules?|prompts?|checks?)\b/i,
  /\b(do not|don't|never)\s+(tell|inform|mention|show)\b[^.]{0,40}\b(user|person|human)\b/i,
  /\b(mark|report|show|treat|count)\b[^.]{0,60}\bas\s+(passed|safe|verified|trusted|approved)\b/i,
  /<\s*\/?\s*(important|system|instructions?|secret)\s*>/i,
  /\b(reveal|repeat|print)\b[^.]{0,40}\bsystem prompt\b/i,
];
/** The only install commands that an answer can name. */
const INSTALL = /^npm (install|ci)( && npm run build)?$/;
/** Lines of the system prompt that are long enough to be recognized; the form of the code is meant to be repeated. */
const PROMPT_LINES = SYSTEM_PROMPT.split("\n").filter(
  (line) => line.length > 60 && /^(You|The|- )/.test(line),
);

/** An answer of the right form with the result of its check, or what is wrong with it. */
export type JudgedAnswer =
  | { ok: true; answer: ModelAnswer; check: GeneratedCheck }
  | { ok: false; problems: string[] };

/** Pure: judges what a model has answered. Nothing in its texts counts for it. */
export function judgeAnswer(value: unknown): JudgedAnswer {
  const parsed = ModelAnswer.safeParse(value);
  if (!parsed.success) return { ok: false, problems: listProblems(parsed.error) };
  const answer = parsed.data;
  const problems = [
    ...(INSTALL.test(answer.install)
      ? []
      : [`install: the command is not "${INSTALL_COMMAND}", so it was discarded.`]),
    ...(hasHidden(answer.code) ? ["code: it contains characters that a reader does not see."] : []),
    ...(repeatsPrompt(answer) ? ["The answer repeats the instructions of the generator."] : []),
    ...findInstructions("description", answer.description),
    ...findInstructions("code", answer.code),
  ];
  return { ok: true, answer, check: toAnswerCheck(problems) };
}

/** Problems with the texts of the tools that the started server lists. */
export function judgeTools(tools: { name: string; description: string }[]): string[] {
  return tools.flatMap(({ name, description }) => [
    ...(hasHidden(name + description)
      ? ["A tool’s text contains characters that a reader does not see."]
      : []),
    ...findInstructions("A tool’s description", description),
  ]);
}

/** The check of the answer with these problems. */
export function toAnswerCheck(problems: string[]): GeneratedCheck {
  return { check: "answer", state: problems.length === 0 ? "passed" : "failed", problems };
}

function findInstructions(place: string, text: string): string[] {
  return INSTRUCTIONS.some((pattern) => pattern.test(text))
    ? [`${place}: it contains an instruction to the model or the checks that read it.`]
    : [];
}

function repeatsPrompt({ description, code }: ModelAnswer): boolean {
  return PROMPT_LINES.some((line) => description.includes(line) || code.includes(line));
}

/** Names the members, never their values. */
function listProblems(error: z.ZodError): string[] {
  return error.issues.slice(0, 10).map(({ path, message, code, ...issue }) => {
    const member = path.join(".");
    if (code === "unrecognized_keys" && "keys" in issue)
      return "The answer has other members than name, description, code and install.";
    return member === "" ? `The answer is invalid: ${message}` : `${member}: ${message}`;
  });
}
