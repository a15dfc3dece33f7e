/** Whether a name of an entry is within a pattern: `*` matches any characters but a slash. Letters differ by case. */
export function isWithin(pattern: string, name: string): boolean {
  const [namespaces = "", names = ""] = pattern.split("/");
  const [namespace = "", rest = ""] = name.split("/");
  return matches(namespaces, namespace) && matches(names, rest);
}

/**
 * Text that each name of the pattern has, for the registry's search; undefined: too short to narrow it. It has a dot or a
 * slash: a registry can look for other texts in the last part of names only.
 */
export function toSearchText(pattern: string): string | undefined {
  const parts = pattern.split("*").filter((part) => /[./]/.test(part));
  const longest = parts.toSorted((a, b) => b.length - a.length)[0] ?? "";
  return longest.length < 3 ? undefined : longest;
}

/** Each part is looked for once, from left to right: a pattern of many stars takes no longer. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...more] = parts;
  const last = more.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of more) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - at >= last.length && text.endsWith(last);
}
