import { Menu } from "@base-ui/react/menu";
import { Download } from "lucide-react";
import { toQuery } from "../../api/request.ts";
import { Button } from "../../ui/button.tsx";

/** What an export has: the rows that are on the screen, and older ones that match as well. */
export interface ExportLink {
  /** Path in the API, without a query. */
  path: string;
  query: Record<string, string | number | undefined>;
  /** Whether there is anything to export. */
  hasRows: boolean;
}

const FORMATS = [
  { format: "csv", label: "CSV" },
  { format: "ndjson", label: "NDJSON" },
];

/** A menu of file formats for an export. */
export function ExportMenu({ path, query, hasRows }: ExportLink) {
  return (
    <Menu.Root>
      <Menu.Trigger
        disabled={!hasRows}
        render={
          <Button>
            <Download className="size-3.5" aria-hidden />
            Export
          </Button>
        }
      />
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-50">
          <Menu.Popup className="popup w-64 p-1">
            <p className="px-2 py-1.5 text-xs text-dim">
              Exports the rows that are listed, and all older ones that match the filters.
            </p>
            {FORMATS.map(({ format, label }) => (
              <Menu.LinkItem
                key={format}
                className="menu-item"
                href={`/api${path}/export${toQuery({ ...query, format })}`}
                download
              >
                {label}
              </Menu.LinkItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
