/**
 * Whether a URI could come from an RFC 6570 template. An expression stands for any text, one without an operator for
 * text within one path segment. Templates come from servers, so the match is by searching for literals one after
 * the other, without a regular expression that could be made to backtrack.
 */
export function matchesTemplate(template: string, uri: string): boolean {
  // Literals at even places, expressions between them.
  const parts = template.split(/\{([^{}]*)\}/);
  const first = parts[0] ?? "";
  if (!uri.startsWith(first)) return false;
  let at = first.length;
  for (let i = 1; i < parts.length; i += 2) {
    const expression = parts[i] ?? "";
    const literal = parts[i + 1] ?? "";
    const isLast = i + 2 >= parts.length;
    const found = isLast ? uri.length - literal.length : uri.indexOf(literal, at);
    if (found < at || !uri.startsWith(literal, found)) return false;
    if (!/^[+/#?&.;]/.test(expression) && uri.slice(at, found).includes("/")) return false;
    at = found + literal.length;
  }
  return at === uri.length;
}
