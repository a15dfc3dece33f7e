/** Enough of a stack to find the place in the code. */
const MAX_FRAMES = 4;

type Fields = Record<string, string | number | boolean | null>;

/** Writes one log line, a JSON object: an event's name with ids, names and counts. Never a token, header, variable, argument, result or foreign text. */
export function logEvent(line: { event: string } & Fields): void {
  console.log(JSON.stringify(line));
}

/**
 * Logs an unexpected failure with the error's name and stack frames. The message is left out: it can quote data that a
 * client or a server sent, or a variable.
 */
export function logFailure(event: string, thrown: unknown, fields: Fields = {}): void {
  const error = thrown instanceof Error ? thrown : new Error("not an error");
  logEvent({ event, ...fields, error: error.name, at: framesOf(error) });
}

/** The innermost stack frames, joined by ` < `. The first lines of a stack are the message and are dropped. */
function framesOf(error: Error): string {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim())
    .join(" < ");
}
