const KEY = "workspace";

/** Slug of the workspace last opened in this browser; the dashboard opens it first. */
export const lastWorkspace = {
  get: () => localStorage.getItem(KEY),
  set: (slug: string) => localStorage.setItem(KEY, slug),
};
