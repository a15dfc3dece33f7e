/** A log line: an event's name with ids, names and counts. Never a token, header, argument, result or foreign text. */
export function logEvent(
  line: { event: string } & Record<string, string | number | boolean | null>,
): void {
  console.log(JSON.stringify(line));
}
