/**
 * Whether a URI can be an expansion of an RFC 6570 template. An expression matches any text, one without an operator
 * only text without `/`, unless its last variable is exploded (`{path*}`): servers read that as several segments. Against ReDoS by a server's template: literals are searched one after the other, without a
 * regular expression.
 */
export function matchesTemplate(template: string, uri: string): boolean {
  // Literals have even indexes, expressions odd ones.
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
    const isOneSegment = !/^[+/#?&.;]|\*$/.test(expression);
    if (isOneSegment && uri.slice(at, found).includes("/")) return false;
    at = found + literal.length;
  }
  return at === uri.length;
}
