import type { ClientId } from "./install/clients.ts";

// By what servers of the marketplace are filtered and counted.

/** How a server is reached, as its description names it. */
export const TRANSPORTS = ["stdio", "streamable-http", "sse"] as const;

/**
 * What a person has to give before the server can be used: nothing, a sign-in (OAuth), variables of its package, or headers of
 * its address. Of a server with several ways to run, the one that needs the least.
 */
export const AUTH_KINDS = ["none", "oauth", "variables", "headers"] as const;

/** Grades of scores, and what a server without one is filtered by. */
export const GRADES = ["A", "B", "C", "D", "F", "unrated"] as const;

/** Categories by id, with the name that a page shows. */
export const CATEGORIES = {
  ai: "AI and models",
  automation: "Automation and workflows",
  browser: "Browser automation",
  business: "Business and CRM",
  cloud: "Cloud and infrastructure",
  communication: "Communication",
  data: "Data and analytics",
  databases: "Databases",
  design: "Design and media",
  developer: "Developer tools",
  documents: "Documents and notes",
  education: "Education and research",
  files: "Files and storage",
  finance: "Finance",
  games: "Games",
  health: "Health",
  location: "Maps and travel",
  memory: "Memory and knowledge",
  monitoring: "Monitoring",
  productivity: "Productivity",
  search: "Search and web data",
  security: "Security",
  shopping: "E-commerce",
} as const;

// A cast: `Object.keys` returns strings, here the keys of `CATEGORIES`.
/** The ids of the categories, in display order. */
export const CATEGORY_IDS = Object.keys(CATEGORIES) as (keyof typeof CATEGORIES)[];

/** One of the transports. */
export type Transport = (typeof TRANSPORTS)[number];
/** One of the kinds. */
export type AuthKind = (typeof AUTH_KINDS)[number];
/** The id of a category. */
export type Category = keyof typeof CATEGORIES;

/** By what a server is filtered, besides its grade. Stored as JSON. */
export interface Facets {
  transports: Transport[];
  /** Null: the sources do not say how it is run. */
  auth: AuthKind | null;
  categories: Category[];
  /** Active in the official registry. */
  official: boolean;
  /** The registry has verified the namespace, and it is the repository's owner or a domain. */
  verified: boolean;
  /** Container hosts can run it. */
  hostable: boolean;
  /** It has an address. */
  remote: boolean;
  /** Clients that run it without a bridge. */
  clients: ClientId[];
  /** SPDX identifier. */
  licence: string | null;
}
