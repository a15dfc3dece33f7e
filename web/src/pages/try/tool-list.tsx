import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type ComponentProps,
  type KeyboardEvent,
} from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Section } from "../../ui/page.tsx";
import { EmptyState } from "../../ui/states.tsx";

type Tool = z.infer<typeof CallableTool>;
type Row = { kind: "server"; name: string } | { kind: "tool"; tool: Tool };

const ROW_PX = 30;

interface Props {
  tools: Tool[];
  selectedName: string | undefined;
  onSelect: (exposedName: string) => void;
}

/** The tools by server. Only visible rows are rendered; the arrow keys move between tools. */
export function ToolList({ tools, selectedName, onSelect }: Props) {
  const rows = useMemo(() => toRows(tools), [tools]);
  const selected = rows.findIndex(
    (row) => row.kind === "tool" && row.tool.exposedName === selectedName,
  );
  const first = rows.findIndex(({ kind }) => kind === "tool");
  /** The row that the Tab key reaches. */
  const [active, setActive] = useState(selected);
  const current = rows[active]?.kind === "tool" ? active : Math.max(selected, first);
  const scroller = useRef<HTMLDivElement>(null);
  const mustFocus = useRef(false);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    rangeExtractor: (range) =>
      [...new Set([current, ...defaultRangeExtractor(range)])].toSorted((a, b) => a - b),
  });
  // A tool that an address names can be far down.
  useEffect(() => {
    if (selected !== -1) virtualizer.scrollToIndex(selected);
  }, [selected, virtualizer]);
  useEffect(() => {
    if (!mustFocus.current) return;
    mustFocus.current = false;
    scroller.current?.querySelector<HTMLElement>(`[data-row="${current}"]`)?.focus();
  }, [current]);
  if (tools.length === 0) return <EmptyState title="No matching tools" />;
  const move = (event: KeyboardEvent) => {
    const next = findNext(rows, current, event.key);
    if (next === undefined) return;
    event.preventDefault();
    mustFocus.current = true;
    virtualizer.scrollToIndex(next);
    setActive(next);
  };
  return (
    <Section>
      <div
        ref={scroller}
        className="max-h-[calc(100dvh-14rem)] overflow-y-auto overscroll-contain p-1"
      >
        <ul aria-label="Tools" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return (
              row && (
                <li
                  key={toKey(row)}
                  style={{ transform: `translateY(${start}px)` }}
                  className="absolute inset-x-0 top-0 h-7.5"
                >
                  {row.kind === "server" ? (
                    <h2 className="truncate px-2 pt-2 text-xs font-medium text-dim">
                      {escapeLine(row.name)}
                    </h2>
                  ) : (
                    <ToolButton
                      tool={row.tool}
                      data-row={index}
                      tabIndex={index === current ? 0 : -1}
                      aria-pressed={index === selected}
                      onFocus={() => setActive(index)}
                      onKeyDown={move}
                      onClick={() => onSelect(row.tool.exposedName)}
                    />
                  )}
                </li>
              )
            );
          })}
        </ul>
      </div>
    </Section>
  );
}

function ToolButton({ tool, ...rest }: { tool: Tool } & ComponentProps<"button">) {
  const name = escapeLine(tool.exposedName);
  return (
    <button
      type="button"
      title={name}
      className="block h-full w-full truncate rounded-md px-2 text-left font-mono text-xs -outline-offset-2 hover:bg-soft aria-pressed:bg-accent-soft aria-pressed:text-accent-ink"
      {...rest}
    >
      {name}
    </button>
  );
}

function toRows(tools: Tool[]): Row[] {
  return [...Map.groupBy(tools, ({ serverSlug }) => serverSlug).values()].flatMap((group) => [
    { kind: "server" as const, name: group[0]?.serverName ?? "" },
    ...group.map((tool) => ({ kind: "tool" as const, tool })),
  ]);
}

function toKey(row: Row): string {
  return row.kind === "server" ? `server ${row.name}` : row.tool.exposedName;
}

/** The row of the tool that a key moves to; undefined: the key does not move, or there is none. */
function findNext(rows: Row[], from: number, key: string): number | undefined {
  const tools = rows.flatMap(({ kind }, index) => (kind === "tool" ? [index] : []));
  const at = tools.indexOf(from);
  switch (key) {
    case "ArrowDown":
      return tools[at + 1];
    case "ArrowUp":
      return tools[at - 1];
    case "Home":
      return tools[0];
    case "End":
      return tools.at(-1);
    default:
      return undefined;
  }
}
