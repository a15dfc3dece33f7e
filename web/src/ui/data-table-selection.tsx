import { useRef, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Checkbox } from "./checkbox.tsx";
import { formatCount } from "./format-numbers.ts";

/** The selectable rows of a `DataTable`. */
export interface Selection<T> {
  /** Ids of the selected rows. Those of rows that are not shown do not count. */
  ids: ReadonlySet<string>;
  onChange: (ids: ReadonlySet<string>) => void;
  /** Buttons for the selected rows. */
  renderActions: (rows: T[]) => ReactNode;
}

/** The selection of the rows that are shown. */
export interface SelectedRows<T> {
  rows: T[];
  isAll: boolean;
  has: (row: T) => boolean;
  /** `isRange`: also the rows between this one and the one that was changed before. */
  toggle: (index: number, isChecked: boolean, isRange: boolean) => void;
  toggleAll: (isChecked: boolean) => void;
}

/** Relates a selection to the rows in their order. */
export function useSelection<T>(
  rows: readonly T[],
  getId: (row: T) => string,
  selection: Selection<T> | undefined,
): SelectedRows<T> {
  const last = useRef<string>(undefined);
  const ids = selection?.ids ?? new Set<string>();
  const selected = rows.filter((row) => ids.has(getId(row)));
  const change = (changed: readonly T[], isChecked: boolean) => {
    const next = new Set(selected.map(getId));
    for (const row of changed) next[isChecked ? "add" : "delete"](getId(row));
    selection?.onChange(next);
  };
  return {
    rows: selected,
    isAll: rows.length > 0 && selected.length === rows.length,
    has: (row) => ids.has(getId(row)),
    toggle(index, isChecked, isRange) {
      const from = isRange ? rows.findIndex((row) => getId(row) === last.current) : -1;
      const [start, end] =
        from === -1 ? [index, index] : [Math.min(from, index), Math.max(from, index)];
      const row = rows[index];
      last.current = row && getId(row);
      change(rows.slice(start, end + 1), isChecked);
    },
    toggleAll: (isChecked) => change(rows, isChecked),
  };
}

/** The checkbox of a row. With the Shift key it changes a range. */
export function SelectionBox(props: {
  label: string;
  isChecked: boolean;
  onChange: (isChecked: boolean, isRange: boolean) => void;
}) {
  const isShift = useRef(false);
  return (
    <span
      className="flex"
      onPointerDownCapture={(event) => (isShift.current = event.shiftKey)}
      onKeyDownCapture={(event) => (isShift.current = event.shiftKey)}
      // With Shift, the browser would select the text between the two boxes.
      onMouseDownCapture={(event) => event.shiftKey && event.preventDefault()}
    >
      <Checkbox
        label={props.label}
        isChecked={props.isChecked}
        onChange={(isChecked) => props.onChange(isChecked, isShift.current)}
      />
    </span>
  );
}

/** The actions for the selected rows, at the end of the window while there are any. */
export function SelectionBar<T>(props: { selected: SelectedRows<T>; selection: Selection<T> }) {
  const { rows } = props.selected;
  if (rows.length === 0) return null;
  return (
    <div
      role="group"
      aria-label="Selected rows"
      className="sticky bottom-0 z-20 flex flex-wrap items-center gap-2 rounded-b-lg border-t border-line bg-raised px-4 py-2 shadow-lg"
    >
      <p role="status" className="mr-auto">
        {formatCount(rows.length)} selected
      </p>
      {props.selection.renderActions(rows)}
      <Button size="sm" variant="ghost" onClick={() => props.selection.onChange(new Set())}>
        Clear selection
      </Button>
    </div>
  );
}
