import type { MarketplaceChange } from "../../../../workers/contract/api/marketplace-versions.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { classNames } from "../../ui/class-names.ts";

const LABELS: Record<MarketplaceChange["kind"], string> = {
  host: "Connects to a new host",
  secret: "Asks for a secret",
  package: "Installs another package",
  file: "The file of this version is another one",
  command: "Starts in another way",
  address: "Connects to another address",
  transport: "Has other transports",
  variable: "Asks for a value",
  "optional-variable": "Takes an optional value",
  preset: "Presets a value",
  "package-version": "Installs another version",
  repository: "Names another repository",
  "removed-package": "No longer installs",
  "removed-address": "No longer connects to",
  "removed-variable": "No longer asks for",
  title: "Has another title",
  description: "Has another description",
};

/** Whether a value is required is a word of the marketplace, and no text of the entry. */
const NEEDS = new Set<MarketplaceChange["kind"]>([
  "secret",
  "variable",
  "optional-variable",
  "removed-variable",
]);

/** What has changed between two versions of a server, the important changes first and marked. */
export function ChangeList({ changes }: { changes: MarketplaceChange[] }) {
  if (changes.length === 0)
    return <p className="text-xs text-dim">Nothing that installations need has changed.</p>;
  return (
    <ul className="flex flex-col gap-1.5 text-sm">
      {changes.map((change, place) => (
        <li key={place} className="flex min-w-0 items-baseline gap-2">
          <span
            className={classNames(
              "size-1.5 shrink-0 -translate-y-0.5 rounded-full",
              change.isImportant ? "bg-warn" : "bg-strong",
            )}
            aria-hidden
          />
          <span className={classNames("min-w-0", !change.isImportant && "text-dim")}>
            {change.isImportant && <span className="sr-only">Important: </span>}
            <span className={change.isImportant ? "font-medium" : ""}>{LABELS[change.kind]}</span>
            <Values change={change} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Values({ change: { kind, name, from, to } }: { change: MarketplaceChange }) {
  if (NEEDS.has(kind))
    return (
      <>
        : <Text of={name ?? ""} />
        {to !== null && (from === null ? ` (${to})` : ` (${to}, was ${from})`)}
      </>
    );
  if (kind === "description") return null;
  return (
    <>
      {name !== null && (
        <>
          : <Text of={name} />
        </>
      )}
      {from !== null && (
        <span className="block text-xs">
          from <Text of={from} />
        </span>
      )}
      {to !== null && (
        <span className="block text-xs">
          {from !== null && "to "}
          <Text of={to} />
        </span>
      )}
      {to === null && from !== null && kind !== "removed-package" && kind !== "removed-address" && (
        <span className="block text-xs">to none</span>
      )}
    </>
  );
}

function Text({ of }: { of: string }) {
  return <code className="font-mono text-xs wrap-anywhere">{escapeLine(of)}</code>;
}
