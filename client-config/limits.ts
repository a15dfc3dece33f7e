/** Longest text that is read, in UTF-16 units. Configurations of people have some kilobytes. */
export const MAX_TEXT_LENGTH = 1024 * 1024;
/** What is said of a longer one. */
export const TOO_LARGE = `The file is larger than ${MAX_TEXT_LENGTH / 1024 / 1024} MiB, so nothing of it was read.`;
/** Longest text of YAML or TOML, in UTF-16 units. Their parsers are slower than that of JSON. */
export const MAX_SLOW_LENGTH = 256 * 1024;
/** Most lines of such a text, and most keys, items and brackets: the parsers compare each with others before it. */
export const MAX_LINES = 20_000;
/** Most anchors, aliases and tags of YAML, which its parser keeps in lists that it searches. */
export const MAX_MARKS = 2_000;
/** Most keys, items, brackets, anchors and tags on one line of YAML, which can be nested in one another. */
export const MAX_LINE_MARKS = 500;
/** Deepest nesting of maps and lists. Parsers call themselves for each level, and the stack is finite. */
export const MAX_DEPTH = 100;
/** Most values of a text, with the repeats that aliases of YAML make. */
export const MAX_NODES = 200_000;
/** Most characters of the texts of YAML that aliases repeat, in UTF-16 units. */
export const MAX_REPEATED_LENGTH = 1024 * 1024;
/** Most findings about the syntax of one text. */
export const MAX_SYNTAX_FINDINGS = 20;
