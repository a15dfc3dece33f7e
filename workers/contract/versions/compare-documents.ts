import type { ConfigurationDocument, EntryDifference, FieldDifference } from "./document.ts";

/** Characters of a value, and values of a list, that a difference shows. */
const MAX_VALUE = 500;
const MAX_LISTED = 50;

const SECTIONS = ["servers", "hosted", "people", "agents", "teams"] as const;
type Section = (typeof SECTIONS)[number];
type Entry = Record<string, unknown>;

/** The differences of two documents by entry and field; of sections that both have. Settings first, then the order. */
export function compareDocuments(
  before: ConfigurationDocument,
  after: ConfigurationDocument,
): EntryDifference[] {
  const settings = compareFields(before.settings ?? {}, after.settings ?? {});
  return [
    ...(settings.length > 0
      ? [{ section: "settings", name: "settings", action: "changed", fields: settings } as const]
      : []),
    ...compareOrder(before, after),
    ...SECTIONS.flatMap((section) =>
      compareEntries(section, before[section] ?? [], after[section] ?? []),
    ),
  ];
}

/** The order of the servers that both have. */
function compareOrder(
  before: ConfigurationDocument,
  after: ConfigurationDocument,
): EntryDifference[] {
  const slugs = ({ servers = [] }: ConfigurationDocument) => servers.map(({ slug }) => slug);
  const [old, present] = [new Set(slugs(before)), new Set(slugs(after))];
  const [was, is] = [
    slugs(before).filter((slug) => present.has(slug)),
    slugs(after).filter((slug) => old.has(slug)),
  ];
  if (was.join(" ") === is.join(" ")) return [];
  const field = { field: "order", before: shorten(was.join(", ")), after: shorten(is.join(", ")) };
  return [{ section: "order", name: "servers", action: "changed", fields: [field] }];
}

function compareEntries(section: Section, before: Entry[], after: Entry[]): EntryDifference[] {
  const old = byKey(section, before);
  const present = byKey(section, after);
  const keys = new Set([...present.keys(), ...old.keys()]);
  return [...keys].flatMap((key): EntryDifference[] => {
    const [was, is] = [old.get(key), present.get(key)];
    const fields = compareFields(was ?? {}, is ?? {});
    if (was && is && fields.length === 0) return [];
    const { slug, name, id } = is ?? was ?? {};
    const shown = [slug, name, id].find((value) => typeof value === "string");
    const action = !was ? "added" : is ? "changed" : "removed";
    return [{ section, name: shown ?? key, action, fields }];
  });
}

/** Agents come back with another id, so that they are known by name; several of one name by their order. */
function byKey(section: Section, entries: Entry[]): Map<string, Entry> {
  const keyed = new Map<string, Entry>();
  for (const entry of entries) {
    const isNamed = section === "agents" || section === "teams";
    const field = section === "people" ? "id" : isNamed ? "name" : "slug";
    let key = String(entry[field] ?? entry["name"]);
    while (keyed.has(key)) key += " ";
    keyed.set(key, entry);
  }
  return keyed;
}

function compareFields(before: Entry, after: Entry): FieldDifference[] {
  const [old, present] = [flatten(before), flatten(after)];
  // The name of a person is that of today on both sides.
  const fields = new Set([...old.keys(), ...present.keys()]);
  return [...fields].flatMap((field): FieldDifference[] => {
    const [was, is] = [old.get(field) ?? null, present.get(field) ?? null];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    if (Array.isArray(was) || Array.isArray(is)) return compareLists(field, was, is);
    return [{ field, before: toText(was), after: toText(is) }];
  });
}

function compareLists(field: string, before: unknown, after: unknown): FieldDifference[] {
  const [was, is] = [toTexts(before), toTexts(after)];
  const [old, present] = [new Set(was), new Set(is)];
  const [gone, added] = [
    was.filter((value) => !present.has(value)),
    is.filter((value) => !old.has(value)),
  ];
  return gone.length + added.length === 0
    ? []
    : [{ field, before: toListed(gone), after: toListed(added) }];
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function toListed(values: string[]): string | null {
  if (values.length === 0) return null;
  const more = values.length - MAX_LISTED;
  const shown = values.slice(0, MAX_LISTED).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** The values of an entry by their path; lists of texts stay whole, those of entries go by name. */
function flatten(value: unknown, path = ""): Map<string, unknown> {
  const below = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (Array.isArray(value) && value.some((item) => typeof item === "object"))
    return new Map(
      value.flatMap((item: unknown, index) => {
        const name: unknown = typeof item === "object" && item && Reflect.get(item, "name");
        return [...flatten(item, below(typeof name === "string" ? name : String(index)))];
      }),
    );
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new Map<string, unknown>(value === null || value === undefined ? [] : [[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flatten(inner, below(key))]));
}

function toText(value: unknown): string | null {
  if (value === null) return null;
  return shorten(typeof value === "string" ? value : JSON.stringify(value));
}

function shorten(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
