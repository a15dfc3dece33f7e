import type { BaseName, Json } from "./bases.ts";

/** A change of how a definition is written. */
export interface Cosmetic {
  name: string;
  base: BaseName;
  toText: (value: Json) => string;
}

const reverse = (value: Json): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, one]) => [name, reverse(one)]),
      )
    : value;

/** Changes of form, which must not be seen. */
export const COSMETIC: readonly Cosmetic[] = [
  ...(["search", "move", "prompt", "resource", "template", "skill"] as const).flatMap(
    (base): Cosmetic[] => [
      { name: `white space of ${base}`, base, toText: (v) => JSON.stringify(v, null, 4) },
      { name: `order of members of ${base}`, base, toText: (v) => JSON.stringify(reverse(v)) },
    ],
  ),
  {
    name: "escapes",
    base: "move",
    toText: (v) => JSON.stringify(v).replaceAll("/", "\\/").replaceAll("M", "\\u004d"),
  },
  {
    name: "number forms",
    base: "search",
    toText: (v) => JSON.stringify(v).replace(":200", ":2.0e2").replace(":50,", ":50.0,"),
  },
  {
    name: "order of required",
    base: "move",
    toText: (v) =>
      JSON.stringify({ ...v, inputSchema: { ...v.inputSchema, required: ["folder", "id"] } }),
  },
  {
    name: "order of enum",
    base: "search",
    toText: (v) => {
      v.inputSchema.properties.sort.enum.reverse();
      return JSON.stringify(v);
    },
  },
  {
    name: "order of alternatives",
    base: "search",
    toText: (v) => {
      v.inputSchema.properties.target.anyOf.reverse();
      return JSON.stringify(v);
    },
  },
  {
    name: "a list of one type",
    base: "search",
    toText: (v) => {
      v.inputSchema.required = ["query", "query"];
      return JSON.stringify(v);
    },
  },
  {
    name: "order of a prompt’s arguments",
    base: "prompt",
    toText: (v) => JSON.stringify({ ...v, arguments: v.arguments.toReversed() }),
  },
  {
    name: "order of an audience",
    base: "resource",
    toText: (v) =>
      JSON.stringify({ ...v, annotations: { ...v.annotations, audience: ["assistant", "user"] } }),
  },
  {
    name: "order of a skill’s files",
    base: "skill",
    toText: (v) => JSON.stringify({ ...v, resources: v.resources.toReversed() }),
  },
];
