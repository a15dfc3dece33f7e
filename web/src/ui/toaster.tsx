import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useEffect } from "react";
import { toastManager, showQueuedToasts } from "./toast.ts";

/** Renders all toasts. Mounted once, in the root. */
export function Toaster() {
  useEffect(showQueuedToasts, []);
  return (
    <Toast.Provider toastManager={toastManager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[calc(100vw-2rem)] flex-col gap-2 sm:w-96">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="popup flex items-start gap-3 px-4 py-3 text-sm data-limited:hidden"
    >
      <Toast.Title
        className={`min-w-0 flex-1 wrap-anywhere ${toast.type === "error" ? "text-bad" : ""}`}
      />
      <Toast.Action className="link font-medium" />
      <Toast.Close aria-label="Dismiss" className="text-dim hover:text-ink">
        <X className="size-4" aria-hidden />
      </Toast.Close>
    </Toast.Root>
  ));
}
