import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from "react";
import { classNames } from "./class-names.ts";
import { DataTableHead } from "./data-table-head.tsx";
import {
  SelectionBar,
  SelectionBox,
  useSelection,
  type Selection,
} from "./data-table-selection.tsx";
import { sortRows, type DataColumn } from "./data-table-sort.ts";

/** A table with more rows renders only the visible ones. */
const MAX_RENDERED_ROWS = 100;
/** Below this width of the table each row is a card. */
const CARD_PX = 640;
const ROW_PX = 49;
const CARD_ROW_PX = 72;

interface Props<T> {
  label: string;
  rows: readonly T[];
  /** The first column names the row. */
  columns: readonly DataColumn<T>[];
  getId: (row: T) => string;
  /** Name of a row for the labels of its controls. */
  getName: (row: T) => string;
  /** Key of the column to sort by, with `-` before it for the descending order; undefined: as given. */
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  /** Absent: rows cannot be selected. */
  selection?: Selection<T>;
  /** The menu or button at the end of a row. */
  renderMenu?: (row: T) => ReactNode;
  /** Width of the menu's column; absent: of one icon. */
  menuWidth?: string;
  /** Shown in place of the rows when there are none. */
  empty: ReactNode;
}

/**
 * A sortable table with a head that stays in view. It scrolls with the window. On a narrow screen each row is a card with
 * the columns that have `onCard`. A link or button in the first cell covers its row if it has the classes
 * `after:absolute after:inset-0`.
 */
export function DataTable<T>(props: Props<T>) {
  const { label, columns, getId, sort, selection, renderMenu, empty } = props;
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const isCard = width < CARD_PX;
  const rows = useMemo(() => sortRows(props.rows, columns, sort), [props.rows, columns, sort]);
  const shown = columns.filter(({ onCard, fromPx = 0 }) => (isCard ? onCard : width >= fromPx));
  const selected = useSelection(rows, getId, selection);
  const { items, before, after, measure } = useVisibleRows(rows.length, frame, isCard);
  const template = [
    ...(selection ? ["1rem"] : []),
    ...shown.map((column) => column.width),
    ...(renderMenu ? [props.menuWidth ?? "2rem"] : []),
  ].join(" ");
  return (
    <div ref={frame}>
      <div role="table" aria-label={label} aria-rowcount={rows.length + 1}>
        <DataTableHead
          {...props}
          columns={shown}
          sortable={columns}
          isCard={isCard}
          template={template}
          hasMenu={renderMenu !== undefined}
          selected={selection && selected}
        />
        <div role="rowgroup" style={{ paddingTop: before, paddingBottom: after }}>
          {items.map((index) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                key={getId(row)}
                ref={measure}
                data-index={index}
                role="row"
                aria-rowindex={index + 2}
                {...(selection && { "aria-selected": selected.has(row) })}
                style={isCard ? {} : { gridTemplateColumns: template }}
                className={classNames(
                  "relative items-center gap-3 border-t border-line px-4 py-2 first:border-t-0 hover:bg-soft aria-selected:bg-accent-soft",
                  isCard ? "flex" : "grid min-h-12",
                )}
              >
                {selection && (
                  <span role="cell" className="relative z-10 flex">
                    <SelectionBox
                      label={`Select ${props.getName(row)}`}
                      isChecked={selected.has(row)}
                      onChange={(isChecked, isRange) => selected.toggle(index, isChecked, isRange)}
                    />
                  </span>
                )}
                <Cells row={row} columns={shown} isCard={isCard} />
                {renderMenu && (
                  <span role="cell" className="relative z-10 flex justify-end">
                    {renderMenu(row)}
                  </span>
                )}
              </div>
            );
          })}
        </div>
      </div>
      {rows.length === 0 && empty}
      {selection && <SelectionBar selected={selected} selection={selection} />}
    </div>
  );
}

function Cells<T>(props: { row: T; columns: readonly DataColumn<T>[]; isCard: boolean }) {
  const { row, columns, isCard } = props;
  const cells = columns.map(({ key, header, isNumber, isSelfExplaining, cell }, index) => (
    <div
      key={key}
      role="cell"
      className={classNames(
        "min-w-0",
        index > 0 && "text-dim",
        isNumber && !isCard && "text-right tabular-nums",
        isCard && (index === 0 ? "w-full" : "flex items-center gap-1 text-xs"),
      )}
    >
      {isCard && index > 0 && !isSelfExplaining && <span className="shrink-0">{header}:</span>}
      {cell(row)}
    </div>
  ));
  if (!isCard) return cells;
  return <div className="flex min-w-0 flex-1 flex-wrap gap-x-3 gap-y-0.5">{cells}</div>;
}

/** The width of an element in CSS pixels. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const measure = () => setWidth(target.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** The indexes of the rows to render, and the height of those that are left out before and after them. */
function useVisibleRows(count: number, frame: RefObject<HTMLElement | null>, isCard: boolean) {
  const isLong = count > MAX_RENDERED_ROWS;
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (frame.current) setTop(frame.current.getBoundingClientRect().top + window.scrollY);
  }, [frame, isLong]);
  const virtualizer = useWindowVirtualizer({
    count,
    enabled: isLong,
    estimateSize: () => (isCard ? CARD_ROW_PX : ROW_PX),
    overscan: 12,
    scrollMargin: top,
  });
  if (!isLong)
    return { items: Array.from({ length: count }, (_, index) => index), before: 0, after: 0 };
  const virtual = virtualizer.getVirtualItems();
  return {
    items: virtual.map(({ index }) => index),
    before: (virtual[0]?.start ?? top) - top,
    after: virtualizer.getTotalSize() - ((virtual.at(-1)?.end ?? top) - top),
    measure: virtualizer.measureElement,
  };
}
