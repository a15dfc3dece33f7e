import type { Value } from "../../model.ts";
import { toMarks, type Mark } from "./hide-secrets.ts";
import { isRandom } from "./judge-value.ts";
import { markNamed, toSpans } from "./named-secrets.ts";
import type { FoundSecret, SecretPlace } from "./references.ts";

/** A text of a server and where it is. */
export interface PlacedText {
  kind: SecretPlace["kind"];
  /** Name of the variable, header or option; empty: none. */
  name: string;
  value: Pick<Value, "raw" | "path">;
  text: string;
}

/** Fewest characters of a text in a command line or address that is taken for a secret without a name. */
const MIN_NAMELESS = 40;
/** Commits, digests and ids. */
const ID = /^[0-9a-f-]+$/i;

/** What is not shown of a text beside the secrets that are known of it, in the order of its places. */
export function findRest(place: PlacedText, known: readonly FoundSecret[]): FoundSecret[] {
  const { kind, name, value, text } = place;
  const taken = known.flatMap(({ secret }) => toSpans(text, secret));
  // What has a name tells more exactly where the secret begins.
  return [...markNamed(text), ...toMarks(text)].flatMap((mark) =>
    cut(mark, taken).flatMap((part): FoundSecret[] => {
      const secret = text.slice(part.start, part.end);
      const isWhole = part.start === mark.start && part.end === mark.end;
      if (!isWhole && !isRandom(secret)) return [];
      taken.push(part, ...toSpans(text, secret));
      const label = mark.label === "secret" ? name || mark.label : mark.label;
      const own = mark.certainty === "known" || mark.label === "secret" ? name : mark.label;
      return [{ kind, name: own, value, secret, label, certainty: judge(kind, secret, mark) }];
    }),
  );
}

function judge(kind: PlacedText["kind"], secret: string, mark: Mark): Mark["certainty"] {
  if (mark.certainty !== "weak" || mark.label !== "secret" || ID.test(secret))
    return mark.certainty;
  if (kind === "header") return "likely";
  const isLine = kind === "argument" || kind === "url" || kind === "command";
  return isLine && secret.length >= MIN_NAMELESS ? "likely" : "weak";
}

interface Span {
  start: number;
  end: number;
}

/** The parts of a span that others do not have. */
function cut(span: Span, taken: readonly Span[]): Span[] {
  let parts: Span[] = [{ start: span.start, end: span.end }];
  for (const { start, end } of taken)
    parts = parts.flatMap((part) =>
      end <= part.start || start >= part.end
        ? [part]
        : [
            { start: part.start, end: start },
            { start: end, end: part.end },
          ].filter((left) => left.start < left.end),
    );
  return parts;
}
