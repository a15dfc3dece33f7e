import { useState, type KeyboardEvent, type PointerEvent } from "react";

/** The step under the pointer or the keyboard's focus, and the steps that are being selected. */
interface ChartPointer {
  active: number | null;
  /** First and last step. */
  selection: [number, number] | null;
  handlers: {
    onPointerDown: (event: PointerEvent<HTMLElement>) => void;
    onPointerMove: (event: PointerEvent<HTMLElement>) => void;
    onPointerUp: () => void;
    onPointerLeave: () => void;
    onPointerCancel: () => void;
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
    onBlur: () => void;
  };
}

/** Follows pointer and arrow keys over the `count` steps of a chart. `onSelect` gets the first and last selected step. */
export function useChartPointer(
  count: number,
  onSelect: (first: number, last: number) => void,
): ChartPointer {
  const [active, setActive] = useState<number | null>(null);
  /** Where the selection began; null: nothing is being selected. */
  const [anchor, setAnchor] = useState<number | null>(null);
  const toIndex = ({ clientX, currentTarget }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return clamp(Math.floor(((clientX - left) / width) * count), count);
  };
  const clear = () => {
    setActive(null);
    setAnchor(null);
  };
  const finish = () => {
    if (active !== null && anchor !== null)
      onSelect(Math.min(active, anchor), Math.max(active, anchor));
    setAnchor(null);
  };
  const handleKey = (event: KeyboardEvent<HTMLElement>) => {
    const current = active ?? count - 1;
    const target = toTarget(event.key, current, count);
    if (target !== null) {
      event.preventDefault();
      setAnchor(event.shiftKey ? (anchor ?? current) : null);
      setActive(target);
    } else if (event.key === "Enter" && active !== null) {
      event.preventDefault();
      onSelect(Math.min(active, anchor ?? active), Math.max(active, anchor ?? active));
      setAnchor(null);
    } else if (event.key === "Escape") clear();
  };
  return {
    active,
    selection:
      active === null || anchor === null
        ? null
        : [Math.min(active, anchor), Math.max(active, anchor)],
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setActive(toIndex(event));
        setAnchor(toIndex(event));
      },
      onPointerMove: (event) => setActive(toIndex(event)),
      onPointerUp: finish,
      onPointerLeave: () => anchor === null && setActive(null),
      onPointerCancel: clear,
      onKeyDown: handleKey,
      onBlur: clear,
    },
  };
}

function toTarget(key: string, current: number, count: number): number | null {
  switch (key) {
    case "ArrowLeft":
      return clamp(current - 1, count);
    case "ArrowRight":
      return clamp(current + 1, count);
    case "Home":
      return 0;
    case "End":
      return clamp(count - 1, count);
    default:
      return null;
  }
}

function clamp(index: number, count: number): number {
  return Math.min(Math.max(index, 0), Math.max(0, count - 1));
}
