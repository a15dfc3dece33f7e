import { useRouter } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";

/**
 * Closes a popup when another page opens, or when the browser goes back or forward: both show other content than the
 * popup belongs to. A change of search parameters by the page itself does not close it.
 */
export function useCloseOnNavigation(isOpen: boolean, close: () => void): void {
  const { history } = useRouter();
  const onClose = useEffectEvent(close);
  useEffect(() => {
    if (!isOpen) return;
    const { pathname } = history.location;
    return history.subscribe(({ location, action }) => {
      const isStep = action.type !== "PUSH" && action.type !== "REPLACE";
      if (isStep || location.pathname !== pathname) onClose();
    });
  }, [isOpen, history]);
}
