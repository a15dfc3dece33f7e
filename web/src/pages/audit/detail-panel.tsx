import { ChevronDown, ChevronUp } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useEffectEvent } from "react";
import { IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { formatExactCount } from "../../ui/format-numbers.ts";

interface Props<T> {
  title: string;
  /** The open row; undefined: the panel is closed. */
  row: T | undefined;
  rows: T[];
  getId: (row: T) => string;
  /** Undefined: the panel closes. */
  onShow: (row: T | undefined) => void;
  children: ReactNode;
}

/** A side panel with the details of one row of a log. The arrow keys, or j and k, show the next and the previous row. */
export function DetailPanel<T>({ title, row, rows, getId, onShow, children }: Props<T>) {
  const at = row === undefined ? -1 : rows.findIndex((other) => getId(other) === getId(row));
  const [previous, next] = at === -1 ? [] : [rows[at - 1], rows[at + 1]];
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = ["ArrowDown", "j"].includes(event.key)
      ? next
      : ["ArrowUp", "k"].includes(event.key)
        ? previous
        : undefined;
    if (shown === undefined) return;
    event.preventDefault();
    onShow(shown);
  });
  const isOpen = row !== undefined;
  useEffect(() => {
    if (!isOpen) return;
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isOpen]);
  return (
    <Dialog isOpen={isOpen} onClose={() => onShow(undefined)} title={title} shape="side">
      <div className="-mt-2 mb-3 flex items-center gap-1 text-xs text-dim">
        <IconButton
          label="Previous row (k)"
          disabled={previous === undefined}
          onClick={() => onShow(previous)}
        >
          <ChevronUp className="size-4" aria-hidden />
        </IconButton>
        <IconButton label="Next row (j)" disabled={next === undefined} onClick={() => onShow(next)}>
          <ChevronDown className="size-4" aria-hidden />
        </IconButton>
        {at !== -1 && <span>Row {formatExactCount(at + 1)} of those loaded</span>}
      </div>
      {children}
    </Dialog>
  );
}

/** A list of names and values. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-x-3 gap-y-2.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-dim">{name}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
