import { useRouter } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";

/**
 * Closes a popup when another page opens, or when the browser goes back or forward: both show other content than the
 * popup belongs to. A change of search parameters by the page itself does not close it. `isOfPage`: the popup goes with its
 * page, so that `close` is not called when another page opens: it can change the address, which is the other page's then.
 */
export function useCloseOnNavigation(isOpen: boolean, close: () => void, isOfPage = false): void {
  const { history } = useRouter();
  const onClose = useEffectEvent(close);
  useEffect(() => {
    if (!isOpen) return;
    const { pathname } = history.location;
    return history.subscribe(({ location, action }) => {
      const isStep = action.type !== "PUSH" && action.type !== "REPLACE";
      const isOtherPage = location.pathname !== pathname;
      if (isOtherPage ? !isOfPage : isStep) onClose();
    });
  }, [isOpen, isOfPage, history]);
}
