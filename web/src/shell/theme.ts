/** The dashboard's colour theme; `system` follows the operating system. */
export type Theme = "system" | "light" | "dark";
const KEY = "theme";

/** The theme stored in this browser; `system` by default. */
export function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Applies a theme to the document; `app.css` reads the attribute. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Stores and applies a theme, and dispatches `themechange`. */
export function saveTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
  // Charts read their colours once and must be drawn again.
  globalThis.dispatchEvent(new Event("themechange"));
}
