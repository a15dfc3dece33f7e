/** The words of a command, or a message for the operator. */
export type SplitCommand = { ok: true; words: string[] } | { ok: false; message: string };

/** Characters with a meaning for a shell outside quotes. No shell runs the command, so they are refused. */
const OPERATORS = "|&;<>()$`\n";

/**
 * Splits a command line into words like a POSIX shell (IEEE 1003.1, 2.2 Quoting). Nothing is expanded: operators and
 * expansions outside quotes are refused; `*`, `~` and `#` are literal.
 */
export function splitCommand(line: string): SplitCommand {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === " " || char === "\t") {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(line, at);
      if (!quoted) return { ok: false, message: `The quote at character ${at + 1} is not closed` };
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else if (char === "\\") {
      if (++at === line.length) return { ok: false, message: "The command ends in a backslash" };
      word = (word ?? "") + line.charAt(at);
    } else if (OPERATORS.includes(char)) {
      return { ok: false, message: `No shell runs the command: quote ${JSON.stringify(char)}` };
    } else {
      word = (word ?? "") + char;
    }
  }
  if (word !== null) words.push(word);
  if (!words[0]) return { ok: false, message: "The command is empty" };
  return { ok: true, words };
}

/** The text between the quote at `start` and the closing quote, with the latter's index; null: not closed. */
function readQuoted(line: string, start: number): { text: string; end: number } | null {
  const quote = line.charAt(start);
  let text = "";
  for (let at = start + 1; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === quote) return { text, end: at };
    // Between double quotes a backslash escapes only these.
    const escapes = quote === '"' && char === "\\" && '"\\$`'.includes(line.charAt(at + 1));
    text += escapes ? line.charAt(++at) : char;
  }
  return null;
}
