import { ArrowDown, ArrowUp } from "lucide-react";
import { Checkbox } from "./checkbox.tsx";
import { classNames } from "./class-names.ts";
import type { SelectedRows } from "./data-table-selection.tsx";
import { parseSort, type DataColumn } from "./data-table-sort.ts";
import { Select } from "./select.tsx";

interface Props<T> {
  /** The columns that are shown. */
  columns: readonly DataColumn<T>[];
  /** All columns: those with an order are offered where each row is a card. */
  sortable: readonly DataColumn<T>[];
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  isCard: boolean;
  template: string;
  hasMenu: boolean;
  /** Undefined: rows cannot be selected. */
  selected: SelectedRows<T> | undefined;
}

/** The head of a `DataTable`: selects all rows that are shown, and sorts. */
export function DataTableHead<T>(props: Props<T>) {
  const { columns, isCard, template, selected } = props;
  // On cards it has nothing but the order and the selection.
  if (isCard && !selected && !props.sortable.some(({ sortBy }) => sortBy)) return null;
  return (
    <div
      role="rowgroup"
      className="sticky top-12 z-20 rounded-t-lg border-b border-line bg-panel md:top-0"
    >
      <div
        role="row"
        aria-rowindex={1}
        style={isCard ? {} : { gridTemplateColumns: template }}
        className={classNames(
          "min-h-9 items-center gap-3 px-4 py-1 text-xs text-dim",
          isCard ? "flex" : "grid",
        )}
      >
        {selected && (
          <span role="columnheader" aria-label="Selection" className="flex">
            <Checkbox
              label="Select all rows"
              isChecked={selected.isAll}
              isMixed={!selected.isAll && selected.rows.length > 0}
              onChange={(isChecked) => selected.toggleAll(isChecked)}
            />
          </span>
        )}
        {isCard ? (
          <span role="columnheader" className="flex flex-1 justify-end">
            <SortSelect {...props} />
          </span>
        ) : (
          columns.map((column) => <HeadCell key={column.key} {...props} column={column} />)
        )}
        {props.hasMenu && !isCard && <span role="columnheader" aria-label="Actions" />}
      </div>
    </div>
  );
}

function HeadCell<T>({ column, sort, onSort }: Props<T> & { column: DataColumn<T> }) {
  const { key, header, sortBy, isNumber } = column;
  const { key: sortedKey, isDescending } = parseSort(sort);
  const isSorted = sortedKey === key;
  const Icon = isDescending ? ArrowDown : ArrowUp;
  return (
    <span
      role="columnheader"
      {...(sortBy && {
        "aria-sort": isSorted ? (isDescending ? "descending" : "ascending") : "none",
      })}
      className={classNames("flex min-w-0", isNumber && "justify-end")}
    >
      {sortBy ? (
        <button
          type="button"
          onClick={() => onSort(isSorted && !isDescending ? `-${key}` : key)}
          className={classNames(
            "inline-flex min-h-6 items-center gap-1 rounded hover:text-ink",
            isSorted && "font-medium text-ink",
          )}
        >
          {header}
          {isSorted && <Icon className="size-3 shrink-0" aria-hidden />}
        </button>
      ) : (
        header
      )}
    </span>
  );
}

function SortSelect<T>({ sortable, sort, onSort }: Props<T>) {
  const choices = sortable
    .filter(({ sortBy }) => sortBy)
    .flatMap(({ key, header }) => [
      { value: key, label: `${header}, ascending` },
      { value: `-${key}`, label: `${header}, descending` },
    ]);
  if (choices.length === 0) return null;
  return (
    <Select
      label="Sort by"
      className="w-auto!"
      value={sort ?? ""}
      choices={sort === undefined ? [{ value: "", label: "Sort by" }, ...choices] : choices}
      onChange={(next) => onSort(next || undefined)}
    />
  );
}
