import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { classNames } from "../../ui/class-names.ts";

const ROW_PX = 36;
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
  /** A row on a narrow screen, in several lines. */
  narrowCell: (row: T) => ReactNode;
  /** Height of a row on a narrow screen. */
  narrowRowPx: number;
  getId: (row: T) => string;
  /** Accessible name of the button that opens a row. */
  describeRow: (row: T) => string;
  onOpen: (row: T) => void;
  /** Id of the row that is open; undefined: none. */
  openId: string | undefined;
  hasMore: boolean;
  isLoadingMore: boolean;
  onLoadMore: () => void;
}

/** A table that renders only the visible rows. Arrow keys, or j and k, move between rows, Enter opens one. */
export function VirtualTable<T>(props: Props<T>) {
  const { label, rows, columns, narrowCell, hasMore, isLoadingMore, onLoadMore } = props;
  const { getId, describeRow, onOpen, openId } = props;
  const isNarrow = useIsNarrow();
  const shown = useMemo(
    () => (isNarrow ? [{ header: label, className: "flex-1", cell: narrowCell }] : columns),
    [isNarrow, label, narrowCell, columns],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow ? props.narrowRowPx : ROW_PX),
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, isNarrow]);
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
      className="relative h-[max(22rem,calc(100dvh-13rem))] overflow-auto overscroll-contain -outline-offset-2"
    >
      <div
        role="rowgroup"
        className={classNames(
          "sticky top-0 z-10 border-b border-line bg-panel",
          isNarrow && "sr-only",
        )}
      >
        <div
          role="row"
          aria-rowindex={1}
          className="flex h-8 items-center gap-3 px-4 text-xs text-dim"
        >
          {shown.map(({ header, className }) => (
            <span key={header} role="columnheader" className={className}>
              {header}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start, size }) => {
          const row = rows[index];
          return (
            row !== undefined && (
              <Row
                key={getId(row)}
                {...{ row, index, top: start, height: size, columns: shown, describeRow, onOpen }}
                isOpen={openId === getId(row)}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

interface RowProps<T> extends Pick<Props<T>, "columns" | "describeRow" | "onOpen"> {
  row: T;
  index: number;
  top: number;
  height: number;
  isOpen: boolean;
}

/** Scrolling renders the table again, but only the rows that come into view. A cast: `memo` loses the type parameter. */
const Row = memo(PlainRow) as typeof PlainRow;

function PlainRow<T>(props: RowProps<T>) {
  const { row, index, top, height, columns, describeRow, onOpen, isOpen } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)`, height }}
      className={classNames(
        "absolute inset-x-0 top-0 flex items-center gap-3 border-b border-line px-4 hover:bg-soft has-focus-visible:bg-soft",
        isOpen && "bg-accent-soft",
      )}
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
              className="block w-full truncate rounded text-left tabular-nums after:absolute after:inset-0"
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

const STEPS: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  const table = event.currentTarget.closest("[role=table]");
  const buttons = [...(table?.querySelectorAll<HTMLElement>("[data-row-button]") ?? [])].toSorted(
    (a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top,
  );
  const next = buttons[buttons.indexOf(event.currentTarget) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const narrow = globalThis.matchMedia("(max-width: 639px)");

function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      narrow.addEventListener("change", onChange);
      return () => narrow.removeEventListener("change", onChange);
    },
    () => narrow.matches,
  );
}
