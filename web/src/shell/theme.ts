export type Theme = "system" | "light" | "dark";
const KEY = "theme";

/** What this browser's reader chose; `system` until then. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Puts a theme in force; `app.css` reads the attribute. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
  // Charts paint with colours that they read once.
  globalThis.dispatchEvent(new Event("themechange"));
}
