import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { useRef, type KeyboardEvent, type RefObject, type SyntheticEvent } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import type { GridColumn, GridGroup } from "./grid-columns.ts";
import { GridHeader, HEADER_PX } from "./grid-header.tsx";
import { GridRow } from "./grid-row.tsx";
import { findPlace, useGridFocus, type GridPlace } from "./use-grid-focus.ts";

interface Props {
  workspace: Workspace;
  members: WorkspaceMember[];
  columns: GridColumn[];
  groups: GridGroup[];
  /** A cell was clicked, or Space or Enter pressed on it. */
  onToggle: (member: WorkspaceMember, column: GridColumn) => void;
  /** The header of a column was activated. */
  onOpenColumn: (column: GridColumn) => void;
}

const CELL_PX = 36;
const NAME_PX = { wide: 200, narrow: 116 };
const NARROW_PX = 640;

/**
 * What allows each member each tool. Only the visible rows and columns are rendered. The active row and column are as well, so
 * that the focus stays in the grid while it scrolls.
 */
export function AccessGrid(props: Props) {
  const { workspace, members, columns, groups, onToggle, onOpenColumn } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const namePx = window.innerWidth < NARROW_PX ? NAME_PX.narrow : NAME_PX.wide;
  const { active, onKeyDown, onFocus } = useGridFocus({
    scroller,
    rows: members.length,
    columns: columns.length,
    pageRows: 10,
    scrollTo: ({ row, column }) => {
      if (row >= 0) rows.scrollToIndex(row);
      across.scrollToIndex(column);
    },
  });
  const { rows, across } = useGridWindow(scroller, members.length, columns.length, active, namePx);
  const visible = across.getVirtualItems();
  const activate = ({ target }: SyntheticEvent) => {
    const place = target instanceof Element ? findPlace(target) : null;
    const column = place && columns[place.column];
    if (!column) return;
    const member = members[place.row];
    if (member) onToggle(member, column);
    else onOpenColumn(column);
  };
  const handleKey = (event: KeyboardEvent<HTMLElement>) => {
    const isHeader = active.row === -1;
    if ((event.key !== " " && event.key !== "Enter") || isHeader) return onKeyDown(event);
    event.preventDefault();
    activate(event);
  };
  return (
    <div
      ref={scroller}
      className="card relative max-h-[max(24rem,calc(100dvh-8rem))] overflow-auto overscroll-contain text-xs"
    >
      <div
        role="grid"
        tabIndex={-1}
        aria-label="People and tools"
        aria-rowcount={members.length + 2}
        aria-colcount={columns.length + 1}
        style={{ width: across.getTotalSize(), height: rows.getTotalSize() }}
        className="relative"
        onClick={activate}
        onKeyDown={handleKey}
        onFocus={onFocus}
      >
        <GridHeader
          columns={columns}
          groups={groups}
          visible={visible}
          namePx={namePx}
          cellPx={CELL_PX}
          activeColumn={active.row === -1 ? active.column : -1}
        />
        {rows.getVirtualItems().map(({ index, start }) => {
          const member = members[index];
          return (
            member && (
              <GridRow
                key={member.id}
                workspace={workspace}
                member={member}
                index={index}
                top={start}
                columns={columns}
                visible={visible}
                namePx={namePx}
                cellPx={CELL_PX}
                activeColumn={active.row === index ? active.column : -1}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

/** The visible rows and columns, and those of the active place. */
function useGridWindow(
  scroller: RefObject<HTMLElement | null>,
  rowCount: number,
  columnCount: number,
  active: GridPlace,
  namePx: number,
) {
  const getScrollElement = () => scroller.current;
  const common = { getScrollElement, estimateSize: () => CELL_PX, overscan: 4 };
  const rows = useVirtualizer({
    ...common,
    count: rowCount,
    paddingStart: HEADER_PX,
    scrollPaddingStart: HEADER_PX,
    rangeExtractor: (range) => withIndex(range, active.row),
  });
  const across = useVirtualizer({
    ...common,
    horizontal: true,
    count: columnCount,
    paddingStart: namePx,
    scrollPaddingStart: namePx,
    rangeExtractor: (range) => withIndex(range, active.column),
  });
  return { rows, across };
}

function withIndex(range: Range, index: number): number[] {
  const indexes = defaultRangeExtractor(range);
  return index < 0 || index >= range.count || indexes.includes(index)
    ? indexes
    : [...indexes, index].toSorted((a, b) => a - b);
}
