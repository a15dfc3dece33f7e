import {
  useEffect,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
} from "react";

/** A place in a grid. Row -1 is the row of headers. */
export interface GridPlace {
  row: number;
  column: number;
}

interface Options {
  scroller: RefObject<HTMLElement | null>;
  rows: number;
  columns: number;
  /** Rows of one page. */
  pageRows: number;
  scrollTo: (place: GridPlace) => void;
}

/** The attribute that names a place of a focusable element in a grid. */
export function toPlaceText({ row, column }: GridPlace): string {
  return `${row}:${column}`;
}

/** The place of an element in a grid, or of one around it; null: it has none. */
export function findPlace(element: Element): GridPlace | null {
  const text = element.closest("[data-place]")?.getAttribute("data-place");
  const [row, column] = (text ?? "").split(":").map(Number);
  return row === undefined || column === undefined ? null : { row, column };
}

/**
 * Moves the focus in a virtual grid with the keys of the ARIA grid pattern: arrows, Home and End (with Ctrl: of the whole grid),
 * Page Up and Page Down. One place at a time can be reached with Tab.
 */
export function useGridFocus({ scroller, rows, columns, pageRows, scrollTo }: Options) {
  const [wanted, setWanted] = useState<GridPlace>({ row: 0, column: 0 });
  const mustFocus = useRef(false);
  const active = clamp(wanted, rows, columns);
  const text = toPlaceText(active);
  // Runs after each render: the element exists only once the grid has scrolled to it.
  useEffect(() => {
    if (!mustFocus.current) return;
    const element = scroller.current?.querySelector<HTMLElement>(`[data-place="${text}"]`);
    if (!element) return;
    mustFocus.current = false;
    element.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const next = findNext(event, active, { rows, columns, pageRows });
    if (!next) return;
    event.preventDefault();
    const place = clamp(next, rows, columns);
    mustFocus.current = true;
    setWanted(place);
    scrollTo(place);
  };
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const place = findPlace(event.target);
    if (place && toPlaceText(place) !== text) setWanted(place);
  };
  return { active, onKeyDown, onFocus };
}

function clamp({ row, column }: GridPlace, rows: number, columns: number): GridPlace {
  return {
    row: Math.max(-1, Math.min(row, rows - 1)),
    column: Math.max(0, Math.min(column, columns - 1)),
  };
}

function findNext(
  { key, ctrlKey, metaKey }: KeyboardEvent,
  { row, column }: GridPlace,
  { rows, columns, pageRows }: { rows: number; columns: number; pageRows: number },
): GridPlace | null {
  const isWhole = ctrlKey || metaKey;
  switch (key) {
    case "ArrowLeft":
      return { row, column: column - 1 };
    case "ArrowRight":
      return { row, column: column + 1 };
    case "ArrowUp":
      return { row: row - 1, column };
    case "ArrowDown":
      return { row: row + 1, column };
    case "Home":
      return { row: isWhole ? 0 : row, column: 0 };
    case "End":
      return { row: isWhole ? rows - 1 : row, column: columns - 1 };
    case "PageUp":
      return { row: Math.max(0, row - pageRows), column };
    case "PageDown":
      return { row: row + pageRows, column };
    default:
      return null;
  }
}
