import { Toast } from "@base-ui/react/toast";
import { explain } from "../api/api-error.ts";

/** Holds what is announced. */
export const announcements = Toast.createToastManager();
/** Long enough to read a line and reach for Undo. */
const UNDO_MS = 10_000;

type Options = Parameters<typeof announcements.add>[0];

/** Announced before there is a place to show it; undefined once there is. */
let waiting: Options[] | undefined = [];

/** The place stands: shows what has waited for it. */
export function startAnnouncing(): void {
  const early = waiting ?? [];
  waiting = undefined;
  for (const options of early) announcements.add(options);
}

function add(options: Options): void {
  if (waiting) waiting.push(options);
  else announcements.add(options);
}

/** Says that something was done; with `undo`, offers to take it back. */
export function announce(title: string, undo?: () => void): void {
  if (!undo) {
    add({ title });
    return;
  }
  const id = crypto.randomUUID();
  const onClick = () => {
    announcements.close(id);
    undo();
  };
  add({ id, title, timeout: UNDO_MS, actionProps: { children: "Undo", onClick } });
}

/** Says in words what failed. */
export function announceFailure(error: unknown): void {
  add({ title: explain(error), type: "error", priority: "high", timeout: UNDO_MS });
}
