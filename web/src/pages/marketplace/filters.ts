import type { ServerSummary } from "../../../../workers/contract/api/marketplace.ts";
import {
  CATEGORIES,
  CATEGORY_IDS,
  type AuthKind,
  type Transport,
} from "../../../../workers/contract/marketplace/facets.ts";
import {
  CLIENT_IDS,
  CLIENT_TRAITS,
} from "../../../../workers/contract/marketplace/install/clients.ts";
import type { MarketplaceSearch } from "../../api/marketplace.ts";

/** Names of transports. */
export const TRANSPORT_LABELS: Record<Transport, string> = {
  stdio: "stdio",
  "streamable-http": "Streamable HTTP",
  sse: "HTTP+SSE",
};

/** What a person has to give, in the words of the filter. */
const AUTH_LABELS: Record<AuthKind, string> = {
  none: "Nothing",
  oauth: "A sign-in (OAuth)",
  variables: "Variables",
  headers: "Headers",
};

type Grade = NonNullable<ServerSummary["grade"]>;
const GRADE_LABELS: Record<Grade | "unrated", string> = {
  A: "A: 85 and more",
  B: "B: 70 to 84",
  C: "C: 55 to 69",
  D: "D: 40 to 54",
  F: "F: less than 40",
  unrated: "Not rated",
};

/** A filter with values of which one can be chosen. */
export interface FilterGroup {
  key: "client" | "transport" | "auth" | "category" | "grade" | "licence";
  label: string;
  /** Its name for a chosen value: "Client: Cursor". */
  name: string;
  values: readonly { value: string; label: string }[];
}

const toValues = (labels: Record<string, string>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label }));

/** The filters with values, in the order of the page. */
export const FILTER_GROUPS: readonly FilterGroup[] = [
  {
    key: "client",
    label: "Runs in",
    name: "Client",
    values: CLIENT_IDS.map((value) => ({ value, label: CLIENT_TRAITS[value].label })),
  },
  {
    key: "category",
    label: "Category",
    name: "Category",
    values: CATEGORY_IDS.map((value) => ({ value, label: CATEGORIES[value] })),
  },
  { key: "grade", label: "Grade", name: "Grade", values: toValues(GRADE_LABELS) },
  { key: "auth", label: "Needs", name: "Needs", values: toValues(AUTH_LABELS) },
  {
    key: "transport",
    label: "Transport",
    name: "Transport",
    values: toValues(TRANSPORT_LABELS),
  },
];

/** SPDX identifiers of the licences that repositories have most. */
const LICENCES = [
  "MIT",
  "Apache-2.0",
  "GPL-3.0",
  "AGPL-3.0",
  "LGPL-3.0",
  "MPL-2.0",
  "BSD-3-Clause",
  "BSD-2-Clause",
  "ISC",
  "CC-BY-4.0",
  "CC0-1.0",
  "Unlicense",
];

/** The filter by licence, which also takes other values than these. */
export const LICENCE_GROUP: FilterGroup = {
  key: "licence",
  label: "Licence",
  name: "Licence",
  values: LICENCES.map((value) => ({ value, label: value })),
};

/** The filters that are on or off. */
export const FLAGS = [
  { key: "official", label: "In the official registry", name: "Official registry" },
  { key: "remote", label: "Has a remote address", name: "Remote address" },
  { key: "hostable", label: "Can be hosted here", name: "Hostable" },
] as const;

/** Choices of the time since the last update, in days; `any`: no filter. */
export const UPDATED = [
  { value: "any", label: "Updated at any time" },
  { value: "7", label: "Updated in the last week" },
  { value: "30", label: "Updated in the last month" },
  { value: "90", label: "Updated in the last 3 months" },
  { value: "365", label: "Updated in the last year" },
] as const;

/** The search without any filter. */
export const NO_FILTERS = {
  client: undefined,
  transport: undefined,
  auth: undefined,
  category: undefined,
  grade: undefined,
  official: undefined,
  remote: undefined,
  hostable: undefined,
  licence: undefined,
  updatedWithin: undefined,
} satisfies Partial<Record<keyof MarketplaceSearch, undefined>>;

/** An active filter in words. */
export interface ActiveFilter {
  key: keyof typeof NO_FILTERS;
  name: string;
  value: string;
}

/** The active filters of a search. */
export function listActiveFilters(search: MarketplaceSearch): ActiveFilter[] {
  const { licence, updatedWithin: days } = search;
  return [
    ...FILTER_GROUPS.flatMap(({ key, name, values }) => {
      const value = values.find((one) => one.value === search[key]);
      return value ? [{ key, name, value: value.label }] : [];
    }),
    ...FLAGS.filter(({ key }) => search[key]).map(({ key, name }) => ({
      key,
      name,
      value: "yes",
    })),
    ...(licence === undefined
      ? []
      : [{ key: "licence" as const, name: "Licence", value: licence }]),
    ...(days === undefined
      ? []
      : [{ key: "updatedWithin" as const, name: "Updated", value: `in the last ${days} days` }]),
  ];
}

/** Whether nothing is searched: the front page is shown. */
export function isFront({ q = "", sort, ...filters }: MarketplaceSearch): boolean {
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  return q.trim() === "" && sort === undefined && !isFiltered;
}
