import { escapeLine } from "../../text/hidden-characters.ts";
import type { ShellCommands } from "./configuration.ts";

/** Characters that a reader does not see, and that a parser may not accept in a string. */
const UNSEEN =
  /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/gu;
/** What an argument has that every shell leaves unchanged. */
const POSIX_WORD = /^[A-Za-z0-9_./:@+-]+$/;
const POWERSHELL_WORD = /^-{0,2}[A-Za-z][A-Za-z-]*$/;
/** PowerShell takes typographic quotes for quotes. */
const POWERSHELL_QUOTES = /['\u2018\u2019\u201a\u201b]/g;
/**
 * What PowerShell does not give to a program unchanged: Windows PowerShell drops double quotes and empty arguments, a
 * backslash at the end escapes the quote that it adds, and for the `.cmd` files of npm all goes through `cmd.exe`.
 */
const UNSAFE_FOR_PROGRAMS = /["%!&|<>^`]|\\$|^$/;

/** JSON with two spaces of indentation. Unseen characters are escaped. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(UNSEEN, (char) =>
    Array.from({ length: char.length }, (_, index) => toEscape("u", char.charCodeAt(index))).join(
      "",
    ),
  );
}

/** A string of TOML or YAML in double quotes, which both write as JSON does but for characters beyond U+FFFF. */
export function toQuoted(text: string): string {
  return JSON.stringify(text).replaceAll(UNSEEN, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return toEscape(code > 0xffff ? "U" : "u", code);
  });
}

function toEscape(letter: "u" | "U", code: number): string {
  return `\\${letter}${code.toString(16).padStart(letter === "u" ? 4 : 8, "0")}`;
}

/** An array of quoted strings, in TOML and YAML. */
export function toQuotedList(texts: string[]): string {
  return `[${texts.map(toQuoted).join(", ")}]`;
}

/** A program with its arguments, for both shells. */
export function toCommands(words: string[]): ShellCommands {
  // A terminal acts on control characters of a pasted text before the shell reads its quotes.
  if (!words.every(isPlainLine)) return { posix: null, powershell: null };
  return {
    posix: words.map((word) => (POSIX_WORD.test(word) ? word : toPosixQuoted(word))).join(" "),
    powershell: words.some((word) => UNSAFE_FOR_PROGRAMS.test(word))
      ? null
      : words
          .map((word) => (POWERSHELL_WORD.test(word) ? word : toPowerShellQuoted(word)))
          .join(" "),
  };
}

/** A text as one word of a POSIX shell. */
export function toPosixQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A text as one string of PowerShell. */
export function toPowerShellQuoted(text: string): string {
  return `'${text.replaceAll(POWERSHELL_QUOTES, "$&$&")}'`;
}

/** Whether the text is one line in which a reader sees every character. */
export function isPlainLine(text: string): boolean {
  return escapeLine(text) === text;
}
