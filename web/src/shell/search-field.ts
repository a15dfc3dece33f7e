/** Whether the key is text for an element or a part of another shortcut. */
export function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const isField =
    target instanceof Element &&
    target.closest("input, textarea, select, [contenteditable], [role=dialog]") !== null;
  return isField || ctrlKey || metaKey || altKey;
}

/** The search field of the page or, if it has none, of the bar above it; undefined: there is none. */
export function findSearchField(): HTMLInputElement | undefined {
  const fields = ["#content", "header"].flatMap((part) => [
    ...document.querySelectorAll<HTMLInputElement>(`${part} input[type=search]`),
  ]);
  return fields.find((field) => field.checkVisibility());
}
