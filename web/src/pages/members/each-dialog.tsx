import type { QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { formatCount } from "../../ui/format-numbers.ts";
import { showToast } from "../../ui/toast.ts";
import { useEach } from "./use-each.ts";

/** What a dialog does for each of its items. */
export interface EachAction<T> {
  title: string;
  confirmLabel: string;
  /** Shown when it was done for all. */
  doneText: string;
  isDangerous: boolean;
  /** Consequences. */
  text: ReactNode;
  run: (item: T) => Promise<unknown>;
}

interface Props<T> {
  items: readonly T[];
  getName: (item: T) => string;
  action: EachAction<T>;
  invalidate: QueryKey[];
  /** `isDone`: it was done for all items. */
  onClose: (isDone: boolean) => void;
}

/** Asks before something is done for each of the selected items, and names those for which it failed. */
export function EachDialog<T>({ items, getName, action, invalidate, onClose }: Props<T>) {
  const each = useEach(action.run, invalidate);
  const start = async () => {
    const { failures } = await each.start(items);
    if (failures.length > 0) return;
    showToast(action.doneText);
    onClose(true);
  };
  return (
    <Dialog isOpen onClose={() => !each.isRunning && onClose(false)} title={action.title}>
      {each.hasEnded ? (
        <Failures failures={each.failures} all={items.length} getName={getName} />
      ) : (
        <>
          <div className="flex flex-col gap-3 text-sm text-dim">{action.text}</div>
          {items.length > 1 && <Names names={items.map(getName)} />}
        </>
      )}
      <p role="status" className="mt-2 text-xs text-dim">
        {each.isRunning && `${formatCount(each.done)} of ${formatCount(items.length)} done`}
      </p>
      <FormActions>
        <Button onClick={() => onClose(false)} disabled={each.isRunning}>
          {each.hasEnded ? "Close" : "Cancel"}
        </Button>
        {!each.hasEnded && (
          <Button
            variant={action.isDangerous ? "danger" : "primary"}
            isBusy={each.isRunning}
            onClick={() => void start()}
          >
            {action.confirmLabel}
          </Button>
        )}
      </FormActions>
    </Dialog>
  );
}

function Names({ names }: { names: string[] }) {
  return (
    <ul
      aria-label="Selected"
      tabIndex={0}
      className="mt-3 max-h-40 overflow-y-auto rounded-md border border-line px-3 py-2 text-sm"
    >
      {names.map((name, index) => (
        <li key={index} className="truncate">
          <DisplayName name={name} />
        </li>
      ))}
    </ul>
  );
}

function Failures<T>(props: {
  failures: { item: T; reason: string }[];
  all: number;
  getName: (item: T) => string;
}) {
  const { failures, all, getName } = props;
  return (
    <div role="alert" className="text-sm">
      <p>
        It was done for {formatCount(all - failures.length)} of {formatCount(all)}. It failed for:
      </p>
      <ul
        tabIndex={0}
        aria-label="Failed"
        className="mt-2 max-h-60 divide-y divide-line overflow-y-auto rounded-md border border-line"
      >
        {failures.map(({ item, reason }, index) => (
          <li key={index} className="px-3 py-2">
            <span className="font-medium">
              <DisplayName name={getName(item)} />
            </span>
            <span className="block text-dim">{reason}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
