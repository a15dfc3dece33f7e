import { useRouter } from "@tanstack/react-router";
import { useState } from "react";

/**
 * Returns whether a navigation to another page has begun. The page stays mounted until the other one is loaded; a change of
 * its own search parameters in between would replace the address of the other page.
 */
export function useHasLeft(): () => boolean {
  const { history } = useRouter();
  const [pathname] = useState(() => history.location.pathname);
  return () => history.location.pathname !== pathname;
}
