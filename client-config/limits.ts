/** Longest text that is read, in UTF-16 units. Configurations of people have some kilobytes. */
export const MAX_TEXT_LENGTH = 1024 * 1024;
/** What is said of a longer one. */
export const TOO_LARGE = `The file is larger than ${MAX_TEXT_LENGTH / 1024 / 1024} MiB, so nothing of it was read.`;
/** Deepest nesting of maps and lists. Parsers call themselves for each level, and the stack is finite. */
export const MAX_DEPTH = 100;
/** Most values of a text, with the repeats that aliases of YAML make. */
export const MAX_NODES = 200_000;
/** Most findings about the syntax of one text. */
export const MAX_SYNTAX_FINDINGS = 20;
