import { z } from "zod";
import type { Cursor } from "../marketplace/search.ts";
import { PAGING_QUERY } from "./responses.ts";

/**
 * Query parameters for a page of servers. The cursor is the place of the last server, and its id: its place can change until
 * the next page is read.
 */
export const PLACE_QUERY = {
  ...PAGING_QUERY,
  cursor: z
    .string()
    .regex(/^\d{1,9}-\d{1,9}$/, "send the nextCursor of an earlier response")
    .optional()
    .describe("The nextCursor of an earlier response"),
};

/** Reads a cursor; null: the start of the list. */
export function parsePlace(cursor: string | undefined): Cursor | null {
  const [place, id] = cursor?.split("-").map(Number) ?? [];
  return place === undefined || id === undefined ? null : { place, id };
}

/** Writes where the next page begins; null: there is none. */
export function toPlaceText(next: Cursor | null): string | null {
  return next && `${next.place}-${next.id}`;
}
