const KEY = "workspace";

/** The workspace that this browser showed last: where the dashboard opens. */
export const lastWorkspace = {
  get: () => localStorage.getItem(KEY),
  set: (slug: string) => localStorage.setItem(KEY, slug),
};
