import type { VirtualItem } from "@tanstack/react-virtual";
import { memo } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { classNames } from "../../ui/class-names.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import type { GridColumn } from "./grid-columns.ts";
import {
  ALLOWED_BY,
  describeDefaultAccess,
  findAllowedBy,
  findStop,
  type AllowedBy,
} from "./rules.ts";
import { toPlaceText } from "./use-grid-focus.ts";

interface Props {
  workspace: Workspace;
  member: WorkspaceMember;
  index: number;
  /** Position in px. */
  top: number;
  columns: GridColumn[];
  visible: VirtualItem[];
  namePx: number;
  cellPx: number;
  /** Index of the column that can be reached with Tab; -1: none of this row. */
  activeColumn: number;
}

/** Looks of a cell's box. Each differs by more than its colour: full, framed, dashed or empty. */
const BOXES: Record<AllowedBy, string> = {
  rule: "border-accent bg-accent text-on-accent before:content-['✓']",
  server: "border-accent bg-accent-soft text-accent-ink before:content-['✓']",
  class: "border-accent bg-accent-soft text-accent-ink before:content-['≈']",
  team: "border-ok bg-ok-soft text-ok before:content-['✓']",
  denied: "border-bad bg-bad-soft text-bad before:content-['✕']",
  default: "border-dashed border-ok bg-ok-soft text-ok before:content-['✓']",
  off: "border-dashed border-warn bg-warn-soft text-warn before:content-['✓']",
  held: "border-strong bg-softer text-dim before:content-['✓']",
  none: "border-strong bg-panel",
};
const CELL = "absolute inset-y-0 flex items-center justify-center hover:bg-softer";
const BOX = "flex size-4.5 items-center justify-center rounded border text-[11px] leading-none";

/** A member's row in the access grid. It renders anew only when the member, the visible columns or the focus changes. */
export const GridRow = memo(function GridRow(props: Props) {
  const { workspace, member, index, top, columns, visible, namePx, cellPx, activeColumn } = props;
  const name = escapeLine(member.name);
  return (
    <div
      role="row"
      aria-rowindex={index + 3}
      style={{ top, height: cellPx }}
      className="group absolute inset-x-0 border-b border-line bg-panel"
    >
      <div
        role="rowheader"
        aria-colindex={1}
        style={{ width: namePx }}
        title={name}
        className="sticky left-0 z-10 flex h-full flex-col justify-center border-r border-line bg-panel px-3 group-hover:bg-soft"
      >
        <span className="truncate text-sm leading-4 font-medium">
          <DisplayName name={member.name} />
        </span>
        <span className="truncate leading-4 text-dim">{describeMember(workspace, member)}</span>
      </div>
      {visible.map(({ index: at, start }) => {
        const column = columns[at];
        return (
          column && (
            <GridCell
              key={column.rule}
              name={name}
              column={column}
              by={findAllowedBy(workspace, member, column)}
              row={index}
              at={at}
              left={start}
              width={cellPx}
              isActive={activeColumn === at}
              isFixed={findStop(member) === "auditor"}
            />
          )
        );
      })}
    </div>
  );
});

interface CellProps {
  /** The member's name. */
  name: string;
  column: GridColumn;
  by: AllowedBy;
  row: number;
  /** Index of the column. */
  at: number;
  left: number;
  width: number;
  isActive: boolean;
  /** True: the cell cannot be changed. */
  isFixed: boolean;
}

/** Memoized, because a step of scrolling renders all visible rows and adds few cells. */
const GridCell = memo(function GridCell(props: CellProps) {
  const { name, column, by, row, at, left, width, isActive, isFixed } = props;
  const tool = column.tool === "*" ? `all tools of ${column.server}` : escapeLine(column.rule);
  return (
    <div
      role="gridcell"
      aria-colindex={at + 2}
      style={{ left, width }}
      className={column.tool === "*" ? `${CELL} border-l border-line bg-soft` : CELL}
    >
      <span
        role="checkbox"
        aria-checked={
          by === "rule" || by === "held" ? true : by === "none" || by === "denied" ? false : "mixed"
        }
        aria-label={`${name}: ${tool}, ${ALLOWED_BY[by]}`}
        tabIndex={isActive ? 0 : -1}
        data-place={toPlaceText({ row, column: at })}
        aria-disabled={isFixed}
        className={classNames(
          `${BOX} ${BOXES[by]} after:absolute after:inset-0`,
          isFixed ? "cursor-not-allowed" : "cursor-pointer",
        )}
      />
    </div>
  );
});

function describeMember(workspace: Workspace, member: WorkspaceMember): string {
  const isPlain = findStop(member) === null && member.rules.length > 0;
  return isPlain
    ? pluralize(member.rules.length, "rule")
    : describeDefaultAccess(workspace, member);
}

/** What the looks of the cells mean. */
export function GridLegend({ workspace }: { workspace: Workspace }) {
  const shown: AllowedBy[] = [
    "rule",
    "server",
    "class",
    "team",
    "denied",
    ...(workspace.enforcement ? [] : (["off"] as const)),
    ...(workspace.enforcement && workspace.defaultAccess === "open" ? (["default"] as const) : []),
    "none",
  ];
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-dim" aria-label="Legend">
      {shown.map((by) => (
        <li key={by} className="flex items-center gap-1.5">
          <span className={classNames(BOX, BOXES[by])} aria-hidden />
          {ALLOWED_BY[by].replace(/^./, (first) => first.toUpperCase())}
        </li>
      ))}
    </ul>
  );
}
