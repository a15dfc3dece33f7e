import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** Time without typing after which the search begins. */
const PAUSE_MS = 180;
/** Of the API. */
const MAX_CHARS = 200;

interface Props {
  /** The words that are searched. */
  value: string;
  onSearch: (words: string) => void;
}

/** The search field of the marketplace. It searches when the typing pauses, and at once on Enter. */
export function SearchField({ value, onSearch }: Props) {
  const [typed, setTyped] = useState(value);
  const [searched, setSearched] = useState(value);
  const timer = useRef(0);
  // The address has changed by another way: a link, or the browser's buttons.
  if (value !== searched) {
    setSearched(value);
    if (value !== typed.trim()) setTyped(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (words: string) => {
    clearTimeout(timer.current);
    if (words.trim() !== value) onSearch(words.trim());
  };
  return (
    <search className="relative block">
      <Search
        className="pointer-events-none absolute top-1/2 left-3.5 size-4.5 -translate-y-1/2 text-dim"
        aria-hidden
      />
      <input
        type="search"
        aria-label="Search servers"
        aria-keyshortcuts="/"
        placeholder="Search by name or purpose"
        value={typed}
        maxLength={MAX_CHARS}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        onChange={({ currentTarget: { value: next } }) => {
          setTyped(next);
          clearTimeout(timer.current);
          timer.current = window.setTimeout(() => search(next), PAUSE_MS);
        }}
        onKeyDown={({ key }) => {
          if (key === "Enter") search(typed);
        }}
        className="peer input h-11! rounded-lg! pl-10.5! md:pr-12! text-base! md:text-sm!"
      />
      <kbd
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-3 hidden -translate-y-1/2 rounded border border-line bg-soft px-1.5 font-sans text-xs text-dim peer-focus:hidden md:block"
      >
        /
      </kbd>
    </search>
  );
}
