import type { ConfigurationDocument } from "../../documents/document.ts";
import type { Finding } from "../../finding.ts";
import type { Path } from "../../model.ts";
import { RULES } from "../rule-book.ts";
import type { Mark } from "../secrets/hide-secrets.ts";
import { quote } from "../subject.ts";

/** A part of a text that belongs to a server or a tool. */
interface Owner {
  /** Name of the server; null: the text is of one server only. */
  server: string | null;
  /** Name of the tool; null: it is the server. */
  tool: string | null;
  path: Path;
}

interface PlacedOwner extends Owner {
  start: number;
  /** Where its name ends. */
  body: number;
  end: number;
}

/**
 * SEC-01, SEC-02 and SEC-06 of what is not shown of a text and is in no value of a server: names, comments, inputs, other
 * members, the texts of tools. `covered`: the values with findings. A mark without a finding would be a silent one.
 */
export function checkMarks(
  document: ConfigurationDocument,
  marks: readonly Mark[],
  owners: readonly Owner[],
  covered: readonly Path[],
): Finding[] {
  if (marks.length === 0) return [];
  const { locate, locateValue, toRange } = document;
  const placed = owners
    .flatMap((owner): PlacedOwner[] => {
      const whole = locate(owner.path);
      const body = locateValue(owner.path);
      if (!whole || !body) return [];
      const end = whole.offset + whole.length;
      return [{ ...owner, start: whole.offset, body: body.offset, end }];
    })
    .toSorted((a, b) => a.start - b.start);
  const values = covered
    .flatMap((path) => {
      const range = locateValue(path);
      return range ? [{ start: range.offset, end: range.offset + range.length }] : [];
    })
    .toSorted((a, b) => a.start - b.start);
  const findOwner = makeFinder(placed);
  const findValue = makeFinder(values);
  return marks
    .filter((mark) => !findValue(mark.start))
    .map((mark) => {
      const owner = findOwner(mark.start);
      const { rule, severity } = VERDICTS[mark.certainty];
      return {
        rule,
        severity,
        server: owner?.server ?? null,
        path: owner?.path ?? [],
        range: toRange(mark.start, mark.end),
        message: `${toSubjectText(mark, owner)} ${describe(mark)}.`,
        why: RULES[rule].why,
        fix: null,
      };
    });
}

const VERDICTS = {
  known: { rule: "SEC-01", severity: "critical" },
  likely: { rule: "SEC-02", severity: "high" },
  weak: { rule: "SEC-06", severity: "info" },
} as const;

function toSubjectText(mark: Mark, owner: PlacedOwner | null): string {
  if (!owner) return "The file, outside of its servers,";
  if (owner.tool !== null) return `The tool ${quote(owner.tool)}`;
  if (mark.start < owner.body) return "The name of a server";
  return `The server ${quote(owner.server ?? "")}, outside of its values,`;
}

function describe({ certainty, label }: Mark): string {
  if (certainty === "known") return `has a key: ${label}`;
  if (label === "secret") return "has a text that looks random";
  return `has a literal value: ${quote(label)}`;
}

/** The last one of sorted spans that an offset is in. Offsets are asked in their order. */
function makeFinder<T extends { start: number; end: number }>(
  spans: readonly T[],
): (offset: number) => T | null {
  let at = -1;
  return (offset) => {
    while ((spans[at + 1]?.start ?? Infinity) <= offset) at++;
    const span = spans[at];
    return span && offset < span.end ? span : null;
  };
}
