import { Toast } from "@base-ui/react/toast";
import { describeError } from "../api/api-error.ts";

/** Manager of the toasts that `Toaster` renders. */
export const toastManager = Toast.createToastManager();
/** Long enough to read one line and press Undo. */
const UNDO_MS = 10_000;

type Options = Parameters<typeof toastManager.add>[0];

/** Toasts added before `Toaster` is mounted; undefined afterwards. */
let queued: Options[] | undefined = [];

/** Shows the queued toasts. `Toaster` calls it when it is mounted. */
export function showQueuedToasts(): void {
  const toasts = queued ?? [];
  queued = undefined;
  for (const options of toasts) toastManager.add(options);
}

function add(options: Options): void {
  if (queued) queued.push(options);
  else toastManager.add(options);
}

/** Shows a toast; with `undo` it has an Undo button and stays for 10 seconds. */
export function showToast(title: string, undo?: () => void): void {
  if (!undo) {
    add({ title });
    return;
  }
  const id = crypto.randomUUID();
  const onClick = () => {
    toastManager.close(id);
    undo();
  };
  add({ id, title, timeout: UNDO_MS, actionProps: { children: "Undo", onClick } });
}

/** Shows a toast that describes an error. Returns its id. */
export function showErrorToast(error: unknown): string {
  const id = crypto.randomUUID();
  // Without a high priority: the library hides such a toast from screen readers, although it can have the focus.
  add({ id, title: describeError(error), type: "error", timeout: UNDO_MS });
  return id;
}

/** Closes a toast before its time. It can be closed already. */
export function closeToast(id: string): void {
  toastManager.close(id);
}
