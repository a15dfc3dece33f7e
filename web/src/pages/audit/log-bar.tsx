import { Radio, RefreshCw } from "lucide-react";
import { Button, IconButton } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { formatClock } from "../../ui/format-time.ts";
import type { ExportLink } from "./export-menu.tsx";
import { ExportMenu } from "./lazy-controls.tsx";
import { useAuditSearch } from "./use-audit-search.ts";

interface Props {
  /** When the newest rows were last asked for, epoch ms. */
  asOf: number;
  isLoading: boolean;
  onRefresh: () => void;
  /** Null: the reader may not export. */
  exportLink: ExportLink | null;
}

/** The age of the rows with a button that refreshes them, the switch of live mode, and exports. */
export function LogBar({ asOf, isLoading, onRefresh, exportLink }: Props) {
  const { search, set } = useAuditSearch();
  const isLive = search.live === true;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="flex items-center text-xs text-dim tabular-nums">
        {asOf > 0 && `As of ${formatClock(asOf)}`}
        <IconButton label="Refresh" onClick={onRefresh} aria-busy={isLoading}>
          <RefreshCw className={classNames("size-3.5", isLoading && "animate-spin")} aria-hidden />
        </IconButton>
      </span>
      <Button aria-pressed={isLive} onClick={() => set({ live: isLive ? undefined : true })}>
        <Radio className={classNames("size-3.5", isLive && "animate-pulse text-ok")} aria-hidden />
        Live
      </Button>
      {exportLink && <ExportMenu {...exportLink} />}
    </div>
  );
}
