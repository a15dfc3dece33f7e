/** The dashboard's colour theme; `system` follows the operating system. */
export type Theme = "system" | "light" | "dark";
/** How much room rows and controls take. */
export type Density = "comfortable" | "compact";

/** The theme stored in this browser; `system` by default. */
export function readTheme(): Theme {
  const stored = localStorage.getItem("theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** The density stored in this browser; `comfortable` by default. */
export function readDensity(): Density {
  return localStorage.getItem("density") === "compact" ? "compact" : "comfortable";
}

/** Stores and applies a theme, and dispatches `themechange`. */
export function saveTheme(theme: Theme): void {
  save("theme", theme);
  // Charts read their colours once and must be drawn again.
  globalThis.dispatchEvent(new Event("themechange"));
}

/** Stores and applies a density. */
export function saveDensity(density: Density): void {
  save("density", density);
}

/** `app.css` reads the attributes. `public/appearance.js` sets them before the first paint. */
function save(name: "theme" | "density", value: string): void {
  localStorage.setItem(name, value);
  document.documentElement.dataset[name] = value;
}
