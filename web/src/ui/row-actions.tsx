import { Button } from "./button.tsx";
import type { RowMenuItem } from "./row-menu.tsx";

/** Something that can be done for rows of a table. */
export interface RowAction<Kind extends string, T> {
  kind: Kind;
  label: string;
  /** Label of the button for several rows; null: it is done for one row at a time. */
  bulkLabel: string | null;
  isDangerous?: boolean;
  /** Whether it can be done for this row. */
  isFor: (row: T) => boolean;
}

interface Props<Kind extends string, T> {
  actions: readonly RowAction<Kind, T>[];
  rows: T[];
  onChoose: (chosen: { kind: Kind; rows: T[] }) => void;
}

/** The items of a row's menu. */
export function toMenuItems<Kind extends string, T>(
  actions: readonly RowAction<Kind, T>[],
  row: T,
  onChoose: Props<Kind, T>["onChoose"],
): RowMenuItem[] {
  return actions
    .filter(({ isFor }) => isFor(row))
    .map(({ kind, label, isDangerous = false }) => ({
      label,
      isDangerous,
      choose: () => onChoose({ kind, rows: [row] }),
    }));
}

/** Buttons for what can be done for at least one of the selected rows; it is done only where it is possible. */
export function BulkActions<Kind extends string, T>({
  actions,
  rows,
  onChoose,
}: Omit<Props<Kind, T>, "actions"> & {
  actions: readonly Omit<RowAction<Kind, T>, "label">[];
}) {
  return actions.map(({ kind, bulkLabel, isFor }) => {
    const possible = rows.filter(isFor);
    if (bulkLabel === null || possible.length === 0) return null;
    const count = possible.length === rows.length ? "" : ` (${possible.length})`;
    return (
      <Button key={kind} size="sm" onClick={() => onChoose({ kind, rows: possible })}>
        {bulkLabel}
        {count}
      </Button>
    );
  });
}
