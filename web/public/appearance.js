// Runs before the first paint, so that a page does not flash in another theme. shell/appearance.ts stores the values.
for (const name of ["theme", "density"]) {
  const value = localStorage.getItem(name);
  if (value !== null) document.documentElement.dataset[name] = value;
}
