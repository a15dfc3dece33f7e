/** Characters whose escape with a backslash is valid with the flag `u` (ECMA-262, SyntaxCharacter and `/`). */
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
/** Flags of a group, which Node 20 does not know (ECMA-262, 2025: modifiers). */
const MODIFIERS = /\(\?(?=[ims-])[ims]*-?[ims]*:/;
const GROUP_NAME = /\(\?<([^=!>][^>]*)>/g;

/**
 * The pattern as validators compile it, with the flag `u`; null: it is no regular expression of JavaScript. Without the
 * flag any punctuation can be escaped; such an escape is written as a code point.
 */
export function toUnicodePattern(pattern: string): string | null {
  if (compiles(pattern)) return pattern;
  const escaped = pattern.replaceAll(/\\([\s\S])/g, (escape, char: string) =>
    /[\w$]/.test(char) || SYNTAX.test(char)
      ? escape
      : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return compiles(escaped) ? escaped : null;
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp && !isNewer(pattern);
  } catch {
    // The constructor throws for what is no pattern.
    return false;
  }
}

/** Whether a pattern has what clients on Node 20 do not compile: modifiers, or two groups of one name. */
function isNewer(pattern: string): boolean {
  const unescaped = pattern.replaceAll(/\\[\s\S]/g, "");
  const names = Array.from(unescaped.matchAll(GROUP_NAME), ([, name]) => name);
  return MODIFIERS.test(unescaped) || new Set(names).size < names.length;
}
