import { listMixedScripts, toSkeleton } from "../text/confusable-names.ts";
import {
  findEncodedText,
  findHidden,
  findOrders,
  listNamedTools,
} from "../text/suspicious-text.ts";
import { isHarmless, isOfOneOwner, listAddresses } from "./addresses.ts";
import type { ComparisonContext } from "./definition.ts";
import type { Draft } from "./draft.ts";
import { isObject, toPointer } from "./json-value.ts";
import { quote } from "./naming.ts";

/** Most texts of a definition that are looked at. */
const MAX_TEXTS = 5000;

interface TextAt {
  text: string;
  path: string;
}

/** What texts of a definition do that those before it did not: to the model, to a reader, and where they lead. */
export function compareTexts(before: unknown, after: unknown, context: ComparisonContext): Draft[] {
  const [old, current] = [listTexts(before), listTexts(after)];
  const known = new Set(old.map(({ text }) => text));
  const fresh = current.filter(({ text }) => !known.has(text));
  if (fresh.length === 0) return [];
  return [
    ...compareParts(old, fresh),
    ...compareAddresses(old, fresh),
    ...compareNames(old, fresh, context),
  ];
}

/** Every text of a value, names of members included. */
function listTexts(value: unknown): TextAt[] {
  const texts: TextAt[] = [];
  const collect = (one: unknown, path: string): void => {
    if (texts.length >= MAX_TEXTS) return;
    if (typeof one === "string") texts.push({ text: one, path });
    else if (Array.isArray(one)) one.forEach((item, i) => collect(item, toPointer(path, i)));
    else if (isObject(one))
      for (const [name, member] of Object.entries(one)) {
        if (name === "$schema") continue;
        const at = toPointer(path, name);
        texts.push({ text: name, path: at });
        collect(member, at);
      }
  };
  collect(value, "");
  return texts;
}

/** Orders, hidden characters and encoded parts that no text had before. */
function compareParts(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const find = (text: string) => [
    ...[findHidden(text)].flatMap((part) =>
      part ? [{ ...part, rule: "hidden-characters" as const }] : [],
    ),
    ...findOrders(text).map((part) => ({ ...part, rule: "order-to-model" as const })),
    ...[findEncodedText(text)].flatMap((part) =>
      part ? [{ ...part, rule: "encoded-text" as const }] : [],
    ),
  ];
  const toKey = ({ what, excerpt }: { what: string; excerpt: string }) => `${what}\n${excerpt}`;
  const known = new Set(before.flatMap(({ text }) => find(text).map(toKey)));
  return after.flatMap(({ text, path }) =>
    find(text)
      .filter((part) => !known.has(toKey(part)))
      .map(({ rule, severity, what, excerpt }) => ({
        rule,
        severity,
        path,
        message: `The text ${what}.`,
        before: undefined,
        after: excerpt,
      })),
  );
}

/** Hosts and URIs that no text led to before. */
function compareAddresses(before: readonly TextAt[], after: readonly TextAt[]): Draft[] {
  const known = new Set(before.flatMap(({ text }) => listAddresses(text).map(({ host }) => host)));
  const found = new Map<string, Draft>();
  for (const { text, path } of after)
    for (const { host, text: address } of listAddresses(text)) {
      if (known.has(host) || found.has(host)) continue;
      const isOwn = [...known].some((other) => isOfOneOwner(host, other));
      const isScheme = host.endsWith(":");
      const isMild =
        isHarmless(host) || (isScheme && !/^(?:file|javascript|vbscript|data|blob):$/.test(host));
      found.set(host, {
        rule: "new-host",
        severity: isMild ? "low" : isOwn ? "medium" : "high",
        path,
        message: isScheme
          ? `The definition mentions addresses of a new kind: ${quote(host)}.`
          : `The definition leads to a new host: ${quote(host)}.`,
        before: undefined,
        after: address,
      });
    }
  return [...found.values()];
}

/** Tools of other servers that a text names now. */
function compareNames(
  before: readonly TextAt[],
  after: readonly TextAt[],
  { otherTools: foreign = [] }: ComparisonContext,
): Draft[] {
  if (foreign.length === 0) return [];
  const known = new Set(before.flatMap(({ text }) => listNamedTools(text, foreign)));
  return after.flatMap(({ text, path }) =>
    // The name of an argument can be that of a tool by chance; a sentence with it is none.
    /\s/.test(text)
      ? listNamedTools(text, foreign)
          .filter((name) => !known.has(name))
          .map((name) => ({
            rule: "other-server" as const,
            severity: "high" as const,
            path,
            message: `The text names the tool ${quote(name)} of another server.`,
            before: undefined,
            after: name,
          }))
      : [],
  );
}

/** What is odd about the name of a new definition. */
export function checkName(key: string, { otherTools = [] }: ComparisonContext): Draft[] {
  const skeleton = toSkeleton(key);
  const alike = otherTools.find(
    (name) => name !== key && toSkeleton(name) === skeleton && toLetters(name) !== toLetters(key),
  );
  const scripts = listMixedScripts(key);
  const message =
    alike !== undefined
      ? `The name looks like that of the tool ${quote(alike)} of another server.`
      : scripts.length > 0
        ? `The name mixes letters that look alike: ${scripts.join(", ")}.`
        : null;
  return message === null
    ? []
    : [
        {
          rule: "name-look-alike",
          severity: "high",
          path: "",
          message,
          before: undefined,
          after: key,
        },
      ];
}

/** Names that differ by signs and capitals only are read apart. */
function toLetters(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s/]/g, "");
}
