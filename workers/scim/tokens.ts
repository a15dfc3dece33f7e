import type { ScimType } from "./scim-error.ts";
import { invalid } from "./scim-error.ts";

/** A word is an attribute path, an operator, or a value without quotes. */
export type Token =
  | { kind: "word"; text: string }
  | { kind: "string"; value: string }
  | { kind: "(" | ")" | "[" | "]" };

const MAX_LENGTH = 8_000;
const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/y;

/** The tokens of a filter or a path, read one after the other. */
export class Tokens {
  readonly #tokens: Token[] = [];
  readonly #problem: ScimType;
  #next = 0;

  /** `problem`: the type of the error when the text cannot be read. */
  constructor(text: string, problem: ScimType) {
    this.#problem = problem;
    const trimmed = text.trim();
    if (trimmed.length > MAX_LENGTH)
      throw this.refuse(`It has more than ${MAX_LENGTH} characters.`);
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < trimmed.length) {
      const at = TOKEN.lastIndex;
      const match = TOKEN.exec(trimmed);
      if (!match) throw this.refuse(`It cannot be read from character ${at + 1} on.`);
      this.#tokens.push(this.#toToken(match));
    }
  }

  #toToken([, bracket, quoted, word]: RegExpExecArray): Token {
    if (bracket === "(" || bracket === ")" || bracket === "[" || bracket === "]")
      return { kind: bracket };
    if (quoted === undefined) return { kind: "word", text: word ?? "" };
    try {
      return { kind: "string", value: String(JSON.parse(quoted)) };
    } catch {
      // A JSON string with a wrong escape, of the client.
      throw this.refuse("It has a string with a wrong escape.");
    }
  }

  /** The next token, which stays; undefined: the text ends. */
  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** Takes the next token; undefined: the text ends. */
  take(): Token | undefined {
    return this.#tokens[this.#next++];
  }

  /** Takes the next token if it is of this kind. */
  takeIf(kind: Token["kind"]): boolean {
    if (this.peek()?.kind !== kind) return false;
    this.#next += 1;
    return true;
  }

  /** Takes the next token if it is this word, without regard to case. */
  takeWord(word: string): boolean {
    const token = this.peek();
    if (token?.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.#next += 1;
    return true;
  }

  /** Takes a word. @throws when the next token is none */
  needWord(what: string): string {
    const token = this.take();
    if (token?.kind !== "word") throw this.refuse(`It lacks ${what}.`);
    return token.text;
  }

  /** Takes a bracket. @throws when the next token is another one */
  need(kind: ")" | "]"): void {
    if (!this.takeIf(kind)) throw this.refuse(`It lacks “${kind}”.`);
  }

  /** The error that the text cannot be read. */
  refuse(detail: string) {
    const what = this.#problem === "invalidFilter" ? "filter" : "path";
    return invalid(this.#problem, `${what}: ${detail}`);
  }
}
