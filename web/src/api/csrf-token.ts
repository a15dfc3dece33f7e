let current: string | null = null;

/** The session's CSRF token for requests that change data. Kept in memory only. */
export const csrfToken = {
  get: () => current,
  set: (token: string | null) => {
    current = token;
  },
};
