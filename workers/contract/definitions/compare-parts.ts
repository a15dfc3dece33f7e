import { listMixedWords } from "../text/confusable-names.ts";
import { findEncodedText, findHidden, listOrders } from "../text/suspicious-text.ts";
import type { Draft } from "./draft.ts";
import { quoteAll } from "./naming.ts";
import { isSameOrder } from "./same-order.ts";
import type { TextAt } from "./text-at.ts";

/** How many more of a known hidden character are a new finding: a few come with edited words, many can spell something. */
const MORE_HIDDEN = 4;

/**
 * Orders, hidden characters, letters that look like others and encoded parts that no text had before. What was approved
 * is found again wherever it is now and whatever the words around it are.
 */
export function compareParts(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  return [
    ...compareHidden(before, after),
    ...compareLookAlikes(before, after),
    ...compareOrders(before, after),
    ...compareEncoded(before, after),
  ];
}

function compareOrders(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const known = before.flatMap(({ text }) => listOrders(text));
  return after.flatMap(({ text, path }) => {
    const fresh = listOrders(text).filter(
      (order) =>
        !known.some((one) => one.what === order.what && isSameOrder(one.excerpt, order.excerpt)),
    );
    // One of each kind says enough about one text.
    return fresh
      .filter(({ what }, index) => fresh.findIndex((one) => one.what === what) === index)
      .map(({ severity, what, excerpt }) => ({
        rule: "order-to-model" as const,
        severity,
        path,
        message: `The text ${what}.`,
        before: undefined,
        after: excerpt,
      }));
  });
}

function compareHidden(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const known = countCharacters(before);
  return after.flatMap(({ text, path }): Draft[] => {
    const found = findHidden(text);
    if (!found) return [];
    const isKnown = [...countCharacters([{ text }])].every(([char, count]) => {
      const approved = known.get(char) ?? 0;
      return !found.excerpt.includes(toCodePoint(char)) || isNearly(approved, count);
    });
    if (isKnown) return [];
    return [
      {
        rule: "hidden-characters",
        severity: found.severity,
        path,
        message: `The text ${found.what}.`,
        before: undefined,
        after: found.excerpt,
      },
    ];
  });
}

function isNearly(approved: number, count: number): boolean {
  return approved > 0 && count < approved + MORE_HIDDEN;
}

/** The characters beyond printable ASCII, counted. */
function countCharacters(texts: readonly { text: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of texts)
    for (const char of text.match(/[^\x20-\x7e]/gu) ?? [])
      counts.set(char, (counts.get(char) ?? 0) + 1);
  return counts;
}

function toCodePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function compareLookAlikes(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const known = new Set(before.flatMap(({ text }) => listMixedWords(text)));
  return after.flatMap(({ text, path }): Draft[] => {
    const words = listMixedWords(text).filter((word) => !known.has(word));
    if (words.length === 0) return [];
    return [
      {
        rule: "hidden-characters",
        severity: "high",
        path,
        message: `The text has letters of another alphabet within Latin words, which look like Latin ones: ${quoteAll(words)}.`,
        before: undefined,
        after: words.join(" "),
      },
    ];
  });
}

function compareEncoded(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const known = new Set(before.flatMap(({ text }) => findEncodedText(text)?.excerpt ?? []));
  return after.flatMap(({ text, path }): Draft[] => {
    const found = findEncodedText(text);
    if (!found || known.has(found.excerpt)) return [];
    return [
      {
        rule: "encoded-text",
        severity: found.severity,
        path,
        message: `The text ${found.what}.`,
        before: undefined,
        after: found.excerpt,
      },
    ];
  });
}
