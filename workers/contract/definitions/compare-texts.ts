import { listMixedScripts, toSkeleton } from "../text/confusable-names.ts";
import { listNamedTools } from "../text/suspicious-text.ts";
import { compareAddresses } from "./compare-addresses.ts";
import { compareParts } from "./compare-parts.ts";
import type { ComparisonContext } from "./definition.ts";
import type { Draft } from "./draft.ts";
import { toPointer } from "./json-value.ts";
import { quote, quoteAll } from "./naming.ts";
import { listRemoved, REMOVED_META } from "./removed-parts.ts";
import { listTexts, type TextAt } from "./text-at.ts";

/** What texts of a definition do that those before it did not: to the model, to a reader, and where they lead. */
export function compareTexts(before: unknown, after: unknown, context: ComparisonContext): Draft[] {
  const [old, current] = [listTexts(before), listTexts(after)];
  const known = new Set(old.map(({ text }) => text));
  const fresh = current.filter(({ text }) => !known.has(text));
  if (fresh.length === 0) return [];
  return [
    ...compareRemoved(before, after),
    ...compareParts(old, fresh),
    ...compareAddresses(old, fresh),
    ...compareNames(old, fresh, context),
  ];
}

/** Hidden characters that the gateway has removed. An address that it has removed is compared as one. */
function compareRemoved(before: unknown, after: unknown): Draft[] {
  const known = new Set(listRemoved(before));
  const removed = listRemoved(after).filter(
    (one) => /hidden characters|U\+|more places/.test(one) && !known.has(one),
  );
  if (removed.length === 0) return [];
  const places = removed.map((one) =>
    one.replace(/: (?:it is|they are|the member is|clients get) .*$/, ""),
  );
  return [
    {
      rule: "hidden-characters",
      severity: "critical",
      path: typeof after === "string" ? "" : toPointer("/_meta", REMOVED_META),
      message: `The server sends hidden characters, which the gateway removes: ${quoteAll(places)}.`,
      before: undefined,
      after: removed.join("\n"),
    },
  ];
}

/** Tools of other servers that a text names now. */
function compareNames(
  before: readonly TextAt[],
  after: readonly TextAt[],
  { otherTools: foreign = [] }: ComparisonContext,
): Draft[] {
  if (foreign.length === 0) return [];
  const known = new Set(before.flatMap(({ text }) => listNamedTools(text, foreign)));
  return after.flatMap(({ text, path, isName }) =>
    // The name of an argument can be that of a tool by chance.
    isName
      ? []
      : listNamedTools(text, foreign)
          .filter((name) => !known.has(name))
          .map((name) => ({
            rule: "other-server" as const,
            severity: "high" as const,
            path,
            message: `The text names the tool ${quote(name)} of another server.`,
            before: undefined,
            after: name,
          })),
  );
}

/** What is odd about the name of a new definition. */
export function checkName(key: string, { otherTools = [] }: ComparisonContext): Draft[] {
  const skeleton = toSkeleton(key);
  const alike = otherTools.filter((name) => name !== key && toSkeleton(name) === skeleton);
  // Names that differ by signs only are read apart, those that differ by capitals or by letters that look alike are not.
  const worst = alike.find((name) => toSpelling(name) !== toSpelling(key)) ?? alike[0];
  const scripts = listMixedScripts(key);
  if (worst === undefined && scripts.length === 0) return [];
  const isBySigns = worst !== undefined && toSpelling(worst) === toSpelling(key);
  return [
    {
      rule: "name-look-alike",
      severity: isBySigns && scripts.length === 0 ? "medium" : "high",
      path: "",
      message:
        worst === undefined
          ? `The name mixes letters that look alike: ${scripts.join(", ")}.`
          : `The name looks like that of the tool ${quote(worst)} of another server.`,
      before: undefined,
      after: key,
    },
  ];
}

/** A name without the signs between its words. Of words that are joined by capitals, the small letters. */
function toSpelling(name: string): string {
  const words = name.replaceAll(/(?<=[a-z0-9])[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
  return words.replaceAll(/[-_.\s/]/g, "");
}
