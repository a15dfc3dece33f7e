import type { VirtualItem } from "@tanstack/react-virtual";
import { memo } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { classNames } from "../../ui/class-names.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import type { GridColumn, GridGroup } from "./grid-columns.ts";
import { toPlaceText } from "./use-grid-focus.ts";

interface Props {
  columns: GridColumn[];
  groups: GridGroup[];
  visible: VirtualItem[];
  namePx: number;
  cellPx: number;
  /** Index of the column whose header can be reached with Tab; -1: none. */
  activeColumn: number;
}

const GROUP_PX = 28;
const TOOL_PX = 148;
/** Height of the header. */
export const HEADER_PX = GROUP_PX + TOOL_PX;

/** The header of the access grid: the servers, and below them their tools. */
export const GridHeader = memo(function GridHeader(props: Props) {
  const { columns, groups, visible, namePx, cellPx, activeColumn } = props;
  const first = visible[0]?.index ?? 0;
  const last = visible.at(-1)?.index ?? 0;
  return (
    <div
      role="rowgroup"
      style={{ height: HEADER_PX }}
      className="sticky top-0 z-20 border-b border-line bg-panel"
    >
      <div role="row" aria-rowindex={1} className="relative" style={{ height: GROUP_PX }}>
        <Corner namePx={namePx} text="" />
        {groups
          .filter((group) => group.first <= last && group.first + group.count > first)
          .map((group) => (
            <div
              key={group.server}
              role="columnheader"
              aria-colindex={group.first + 2}
              aria-colspan={group.count}
              style={{ left: namePx + group.first * cellPx, width: group.count * cellPx }}
              className="absolute inset-y-0 flex border-l border-line bg-soft"
            >
              <span
                className="sticky truncate px-2 leading-7 font-medium"
                style={{ left: namePx }}
                title={escapeLine(group.name)}
              >
                <DisplayName name={group.name} />
              </span>
            </div>
          ))}
      </div>
      <div role="row" aria-rowindex={2} className="relative" style={{ height: TOOL_PX }}>
        <Corner namePx={namePx} text="Person" />
        {visible.map(({ index, start }) => {
          const column = columns[index];
          return (
            column && (
              <div
                key={column.rule}
                role="columnheader"
                aria-colindex={index + 2}
                style={{ left: start, width: cellPx }}
                className={classNames(
                  "absolute inset-y-0",
                  column.tool === "*" && "border-l border-line bg-soft",
                )}
              >
                <button
                  type="button"
                  tabIndex={activeColumn === index ? 0 : -1}
                  data-place={toPlaceText({ row: -1, column: index })}
                  aria-label={`Who may call ${column.tool === "*" ? `all tools of ${column.server}` : escapeLine(column.rule)}`}
                  title={
                    column.isListed ? column.label : `${column.label} (not listed by its server)`
                  }
                  className="flex size-full items-end justify-center py-2 -outline-offset-2 hover:bg-softer"
                >
                  <span
                    className={classNames(
                      "max-h-full rotate-180 truncate font-mono [writing-mode:vertical-rl]",
                      !column.isListed && "text-dim line-through",
                    )}
                  >
                    {column.label}
                  </span>
                </button>
              </div>
            )
          );
        })}
      </div>
    </div>
  );
});

function Corner({ namePx, text }: { namePx: number; text: string }) {
  return (
    <div
      role="columnheader"
      aria-colindex={1}
      style={{ width: namePx }}
      className="sticky left-0 z-10 flex h-full items-end border-r border-line bg-panel px-3 py-2 text-dim"
    >
      {text}
    </div>
  );
}
