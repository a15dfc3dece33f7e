import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { classNames } from "../../ui/class-names.ts";

const ROW_PX = 44;
/** The next page is loaded this many rows before the end. */
const PREFETCH_ROWS = 50;

/** A column of a `VirtualTable`. */
export interface Column<T> {
  header: string;
  /** Classes for width and visibility. */
  className: string;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: readonly Column<T>[];
  getId: (row: T) => string;
  /** Accessible name of the button that opens a row. */
  describeRow: (row: T) => string;
  onOpen: (row: T) => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onLoadMore: () => void;
}

/** A table that renders only the visible rows. Arrow keys move between rows, Enter opens one. */
export function VirtualTable<T>(props: Props<T>) {
  const { label, rows, columns, hasMore, isLoadingMore, onLoadMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= rows.length - PREFETCH_ROWS) onLoadMore();
  }, [hasMore, isLoadingMore, last, rows.length, onLoadMore]);
  return (
    <div
      ref={scroller}
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      tabIndex={0}
      className="relative h-[max(22rem,calc(100dvh-19rem))] overflow-auto overscroll-contain -outline-offset-2"
    >
      <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-panel">
        <div
          role="row"
          aria-rowindex={1}
          className="flex h-9 items-center gap-3 px-4 text-xs text-dim"
        >
          {columns.map(({ header, className }) => (
            <span key={header} role="columnheader" className={className}>
              {header}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          return (
            row !== undefined && (
              <Row key={props.getId(row)} {...props} row={row} index={index} top={start} />
            )
          );
        })}
      </div>
    </div>
  );
}

function Row<T>(props: Props<T> & { row: T; index: number; top: number }) {
  const { row, index, top, columns, describeRow, onOpen } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
      className="absolute inset-x-0 top-0 flex h-11 items-center gap-3 border-b border-line px-4 hover:bg-soft has-focus-visible:bg-soft"
    >
      {columns.map(({ header, className, cell }, column) => (
        <span key={header} role="cell" className={classNames("min-w-0 truncate", className)}>
          {column === 0 ? (
            <button
              type="button"
              data-row-button
              onKeyDown={moveFocus}
              onClick={() => onOpen(row)}
              aria-label={describeRow(row)}
              className="block max-w-full truncate rounded text-left tabular-nums after:absolute after:inset-0"
            >
              {cell(row)}
            </button>
          ) : (
            cell(row)
          )}
        </span>
      ))}
    </div>
  );
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const buttons = [
    ...event.currentTarget.querySelectorAll<HTMLElement>("[data-row-button]"),
  ].toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  const at = buttons.findIndex((button) => button === document.activeElement);
  const next = buttons[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at === -1 || !next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
