import type { ReactNode } from "react";
import { LOCALE } from "./locale.ts";

/** A column of a `DataTable`. */
export interface DataColumn<T> {
  /** Names the column in `sort`. */
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** The value to sort by; null is last in either order. Absent: the column is not sortable. */
  sortBy?: (row: T) => string | number | null;
  /** A track of `grid-template-columns` that does not depend on the content: `7rem`, `minmax(10rem,2fr)`. */
  width: string;
  isNumber?: boolean;
  /** The narrowest table in CSS pixels that shows the column; absent: every one. */
  fromPx?: number;
  /** Whether the column is kept where each row is a card. */
  onCard?: boolean;
  /** Whether a card shows the cell without the column's header. */
  isSelfExplaining?: boolean;
}

const collator = new Intl.Collator(LOCALE, { numeric: true, sensitivity: "base" });

/** Sorts rows by a column's key, with `-` before it for the descending order. Equal rows keep their order. */
export function sortRows<T>(
  rows: readonly T[],
  columns: readonly DataColumn<T>[],
  sort: string | undefined,
): readonly T[] {
  const { key, isDescending } = parseSort(sort);
  const sortBy = columns.find((column) => column.key === key)?.sortBy;
  if (!sortBy) return rows;
  const direction = isDescending ? -1 : 1;
  return rows.toSorted((left, right) => {
    const [a, b] = [sortBy(left), sortBy(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return direction * compare(a, b);
  });
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : collator.compare(String(a), String(b));
}

/** Splits a `sort` value into the column's key and the direction. */
export function parseSort(sort: string | undefined): { key: string; isDescending: boolean } {
  const isDescending = sort?.startsWith("-") ?? false;
  return { key: (sort ?? "").slice(isDescending ? 1 : 0), isDescending };
}
