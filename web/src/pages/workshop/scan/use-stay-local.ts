import { focusManager } from "@tanstack/react-query";
import { useEffect } from "react";
import { stayLocal } from "../../../api/reachability.ts";

/** While the page is open, the dashboard around it asks the gateway nothing by itself. */
export function useStayLocal(): void {
  useEffect(() => {
    const leave = stayLocal();
    focusManager.setFocused(false);
    return () => {
      focusManager.setFocused(undefined);
      leave();
    };
  }, []);
}
