import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";

/** One row of `HeaderRows`. */
export interface HeaderRow {
  name: string;
  value: string;
  /** The day on which the value expires, as `YYYY-MM-DD`; absent or empty: not known. */
  expires?: string;
}

interface Props {
  /** Noun for one row: "header" or "credential". */
  itemName: string;
  rows: HeaderRow[];
  onChange: (rows: HeaderRow[]) => void;
  isSecret?: boolean;
  /** Whether the day on which a value expires can be entered. */
  hasExpiry?: boolean;
  namePlaceholder: string;
  valuePlaceholder: string;
}

/** Editor for any number of request headers. */
export function HeaderRows(props: Props) {
  const { itemName, rows, onChange, isSecret = false, namePlaceholder, valuePlaceholder } = props;
  const { hasExpiry = false } = props;
  const set = (index: number, change: Partial<HeaderRow>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...change } : row)));
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => (
        // Rows have no id.
        // oxlint-disable-next-line react/no-array-index-key
        <div
          key={index}
          className={classNames("flex items-center gap-2", hasExpiry && "max-sm:flex-wrap")}
        >
          <input
            className="input max-w-[40%] font-mono text-xs!"
            aria-label={`Name of ${itemName} ${index + 1}`}
            placeholder={namePlaceholder}
            value={row.name}
            spellCheck={false}
            onChange={(event) => set(index, { name: event.currentTarget.value })}
          />
          <input
            className="input font-mono text-xs!"
            aria-label={`Value of ${itemName} ${index + 1}`}
            placeholder={valuePlaceholder}
            value={row.value}
            type={isSecret ? "password" : "text"}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => set(index, { value: event.currentTarget.value })}
          />
          {hasExpiry && (
            <input
              type="date"
              className="input w-36! shrink-0 text-xs!"
              aria-label={`Day on which ${itemName} ${index + 1} expires, if known`}
              title="Day on which it expires, if known"
              value={row.expires ?? ""}
              onChange={(event) => set(index, { expires: event.currentTarget.value })}
            />
          )}
          <IconButton
            label={`Remove ${itemName} ${index + 1}`}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <X className="size-4" aria-hidden />
          </IconButton>
        </div>
      ))}
      <div>
        <Button size="sm" onClick={() => onChange([...rows, { name: "", value: "" }])}>
          <Plus className="size-3.5" aria-hidden />
          Add {itemName}
        </Button>
      </div>
    </div>
  );
}

/** Converts complete rows to values by header name. */
export function toHeaders(rows: HeaderRow[]): Record<string, string> {
  const filled = rows.filter(({ name, value }) => name.trim() !== "" && value !== "");
  return Object.fromEntries(filled.map(({ name, value }) => [name.trim(), value]));
}

/** The days on which complete rows expire, in epoch ms by header name. */
export function toExpiries(rows: HeaderRow[]): Record<string, number> {
  const dated = rows.flatMap(({ name, value, expires = "" }) =>
    name.trim() === "" || value === "" || expires === ""
      ? []
      : [[name.trim(), Date.parse(expires)] as const],
  );
  return Object.fromEntries(dated);
}
