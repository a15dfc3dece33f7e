import { MoreHorizontal } from "lucide-react";
import { Suspense, type ReactElement } from "react";
import { lazyComponent } from "../load-code.ts";
import { IconButton } from "./button.tsx";
import { useLazyMenu } from "./use-lazy-menu.ts";

const RowMenuPopup = lazyComponent(() => import("./row-menu-popup.tsx"), "RowMenuPopup");

/** An item of a `RowMenu`: a link to a page, or an action. */
export type RowMenuItem =
  | { label: string; link: ReactElement }
  | { label: string; choose: () => void; isDangerous?: boolean };

/** The menu of a row in a table. */
export function RowMenu({ label, items }: { label: string; items: RowMenuItem[] }) {
  const { button, menu } = useLazyMenu();
  if (items.length === 0) return null;
  return (
    <>
      <IconButton label={label} {...button}>
        <MoreHorizontal className="size-4" aria-hidden />
      </IconButton>
      <Suspense>{menu && <RowMenuPopup {...menu} items={items} />}</Suspense>
    </>
  );
}
