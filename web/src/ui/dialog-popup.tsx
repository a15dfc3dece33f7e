import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useRef, type ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";

/** Properties of a dialog. */
export interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  /** `side`: a panel at the right edge, for the details of a row. */
  shape?: "center" | "side";
  isWide?: boolean;
  children: ReactNode;
}

const SHAPES = {
  center:
    "top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 rounded-xl",
  side: "inset-y-0 right-0 w-full max-w-md border-y-0 border-r-0 sm:rounded-l-xl",
};

/** What a `Dialog` shows. */
export function DialogPopup(props: DialogProps & { opener: Element | null }) {
  const {
    isOpen,
    onClose,
    title,
    description,
    shape = "center",
    isWide = false,
    opener,
    children,
  } = props;
  const popup = useRef<HTMLDivElement>(null);
  return (
    <BaseDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-black/40 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <BaseDialog.Popup
          finalFocus={() =>
            // True: where the library finds it best.
            opener instanceof HTMLElement && opener.isConnected ? opener : true
          }
          ref={popup}
          // A question focuses its safe choice.
          initialFocus={() =>
            popup.current?.querySelector<HTMLElement>("[data-initial-focus]") ?? true
          }
          className={classNames(
            "popup fixed z-50 flex flex-col overflow-y-auto p-5 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0",
            SHAPES[shape],
            shape === "center" && (isWide ? "sm:max-w-2xl" : "sm:max-w-md"),
          )}
        >
          <div className="mb-4 flex items-start justify-between gap-4">
            <div>
              <BaseDialog.Title className="text-base font-semibold">{title}</BaseDialog.Title>
              {description !== undefined && (
                <BaseDialog.Description className="mt-1 text-sm text-dim">
                  {description}
                </BaseDialog.Description>
              )}
            </div>
            <BaseDialog.Close
              render={
                <IconButton label="Close" className="-mt-1 -mr-2">
                  <X className="size-4" aria-hidden />
                </IconButton>
              }
            />
          </div>
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
