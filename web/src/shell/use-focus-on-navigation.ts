import { useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** Focuses the content when another page opens, unless the page has focused a part of it. Returns a ref for `main`. */
export function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (!main.current?.contains(document.activeElement)) main.current?.focus();
  }, [pathname]);
  return main;
}
