/**
 * Whether a URI can be an expansion of an RFC 6570 template. An expression matches any text, one without an operator
 * only text without `/`, unless its last variable is exploded (`{path*}`): servers read that as several segments.
 * Against ReDoS by a server's template it uses no regular expression: the time is the product of both lengths at most.
 */
export function matchesTemplate(template: string, uri: string): boolean {
  // Literals have even indexes, expressions odd ones.
  const [first = "", ...parts] = template.split(/\{([^{}]*)\}/);
  if (!uri.startsWith(first)) return false;
  /** Positions in the URI at which the parts so far can end. */
  let ends = new Set([first.length]);
  for (let i = 0; i < parts.length && ends.size > 0; i += 2) {
    const isOneSegment = !/^[+/#?&.;]|\*$/.test(parts[i] ?? "");
    const literal = parts[i + 1] ?? "";
    const next = new Set<number>();
    // Whether the expression can begin before this position and reach it.
    let isWithin = false;
    for (let at = 0; at <= uri.length; at++) {
      if (isOneSegment && uri[at - 1] === "/") isWithin = false;
      if (ends.has(at)) isWithin = true;
      if (isWithin && uri.startsWith(literal, at)) next.add(at + literal.length);
    }
    ends = next;
  }
  return ends.has(uri.length);
}
