import type { KeyboardEvent } from "react";

/**
 * Moves the focus through the results with the arrow keys: from the search field to the first, and from the first back.
 * Escape goes back to the field from anywhere among them.
 */
export function moveThroughResults(event: KeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (ctrlKey || metaKey || altKey || shiftKey) return;
  if (!(target instanceof HTMLElement)) return;
  const field = currentTarget.querySelector<HTMLElement>("input[type=search]");
  const results = [...currentTarget.querySelectorAll<HTMLElement>("a[data-result]")];
  const at = results.indexOf(target);
  const isField = target === field;
  if (at < 0 && !isField) return;
  let next: HTMLElement | null | undefined;
  if (key === "ArrowDown") next = results[at + 1];
  else if (key === "ArrowUp" && !isField) next = results[at - 1] ?? field;
  else if (key === "Escape" && !isField) next = field;
  else if (key === "Home" && !isField) next = results[0];
  else if (key === "End" && !isField) next = results.at(-1);
  if (!next) return;
  event.preventDefault();
  next.focus();
}
