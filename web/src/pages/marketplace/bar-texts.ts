/** What a bar of the score measures. */
interface BarText {
  label: string;
  measures: string;
}

/** The bars of the score by their key in the API. */
export const BAR_TEXTS: Record<string, BarText> = {
  install: { label: "Install", measures: "How well clients can install it" },
  maintenance: { label: "Maintenance", measures: "Whether its publisher works on it" },
  trust: { label: "Trust", measures: "What proves its origin" },
  adoption: { label: "Adoption", measures: "How many people use it" },
  docs: { label: "Docs", measures: "What a reader learns before installing it" },
};
