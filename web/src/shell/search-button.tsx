import { Search } from "lucide-react";

const SHORTCUT = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

/** Opens the command palette. */
export function SearchButton({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={onClick}
      className="flex h-8 w-full items-center gap-2.5 rounded-md border border-line bg-page px-2 text-dim transition-colors hover:border-strong hover:text-ink"
    >
      <Search className="size-4" strokeWidth={1.75} aria-hidden />
      <span className="flex-1 text-left">Search</span>
      <kbd aria-hidden className="font-sans text-xs">
        {SHORTCUT}
      </kbd>
    </button>
  );
}
